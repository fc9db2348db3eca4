"""Copies of a model on devices: batches dealt out in order, halved when memory runs out."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from curate.embedding.clip import ClipEncoder
from curate.embedding.devices import devices, dtype_on
from curate.embedding.replica import AHEAD_ON_GPU, CPU_BATCH, MOST_ON_GPU, Replica, fitting_batch, image_vectors
from tests.embedding.pictures import SIZES, noise
from tests.embedding.tiny_clip import save_tiny_clip
from tests.embedding.tiny_models import save_naflex
from tests.similarity.given_vectors import unit

ROOT = Path(__file__).parents[2]
DIMENSION = 16
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process's memory limit is Linux's")
no_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")

SHORT_OF_MEMORY = """
import json, resource, sys
import numpy as np
from transformers import CLIPConfig, CLIPModel
from curate.embedding.preprocessing import Preprocessing
from curate.embedding.replica import Replica, image_vectors
from curate.errors import EncoderUnavailable

side, count, megabytes = map(int, sys.argv[1:])
small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
vision = {**small, "image_size": side, "patch_size": side // 4}
model = CLIPModel(CLIPConfig(vision_config=vision, text_config={**small, "vocab_size": 9}, projection_dim=16)).eval()
replica = Replica(model, Preprocessing.from_config({"size": side, "crop_size": side}))
pixels = np.random.default_rng(0).integers(0, 256, (count, 3, side, side), dtype=np.uint8)
expected = image_vectors([replica], pixels, 16)
replica.batch_size = count
in_use = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (in_use + (megabytes << 20), resource.RLIM_INFINITY))
try:
    error = float(np.abs(image_vectors([replica], pixels, 16) - expected).max())
    print(json.dumps({"error": error, "batch": replica.batch_size}))
except EncoderUnavailable as reason:
    print(json.dumps({"reason": str(reason)}))
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_clip(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> ClipEncoder:
    return ClipEncoder.load(str(checkpoint), "cpu", precision="float32")


def short_of_memory(side: int, count: int, megabytes: int) -> dict:
    """Embed `count` images at once, in a process that may take only so much more memory."""
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, str(side), str(count), str(megabytes)],
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    answer: dict = json.loads(done.stdout)
    return answer


@linux_only
def test_a_batch_that_does_not_fit_into_memory_is_halved_until_it_does() -> None:
    answer = short_of_memory(side=32, count=2048, megabytes=20)

    assert answer["error"] < 1e-5
    assert 1 <= answer["batch"] < 2048


@linux_only
def test_a_device_too_small_for_one_image_is_an_error_that_says_what_to_do() -> None:
    answer = short_of_memory(side=2048, count=1, megabytes=8)

    assert "does not suffice for one image" in answer["reason"]
    assert "CURATE_DEVICE" in answer["reason"]


def test_several_replicas_share_the_images_and_keep_their_order(checkpoint: Path, encoder: ClipEncoder) -> None:
    replicas = [Replica(AutoModel.from_pretrained(checkpoint).eval(), encoder.preparation) for _ in range(3)]
    for replica, size in zip(replicas, (1, 2, 5), strict=True):
        replica.batch_size = size
    prepared = [encoder.preparation.prepare(noise(32 + number, 32)) for number in range(60)]

    vectors = image_vectors(replicas, prepared, DIMENSION)

    np.testing.assert_allclose(vectors, encoder.embed_images(prepared), atol=1e-5)


def test_an_error_in_one_replica_reaches_the_caller(checkpoint: Path, encoder: ClipEncoder) -> None:
    replicas = [Replica(AutoModel.from_pretrained(checkpoint).eval(), encoder.preparation) for _ in range(2)]
    prepared = [encoder.preparation.prepare(noise(32, 32))] * 50 + [np.zeros((3, 8, 8), np.uint8)]

    with pytest.raises((RuntimeError, ValueError), match=r"size|shape"):
        image_vectors(replicas, prepared, DIMENSION)


def test_patches_of_images_of_different_ratio_meet_in_one_batch(tmp_path: Path) -> None:
    save_naflex(tmp_path / "naflex")
    encoder = ClipEncoder.load(str(tmp_path / "naflex"), "cpu", precision="float32")
    prepared = [encoder.preparation.prepare(noise(*size)) for size in SIZES]

    together = encoder.embed_images(prepared)

    assert len({patches.shape for patches in prepared}) > 3
    alone = np.concatenate([encoder.embed_images([patches]) for patches in prepared])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_packed_layers_compute_what_the_plain_ones_do(checkpoint: Path, encoder: ClipEncoder, count: int) -> None:
    plain, packed = (AutoModel.from_pretrained(checkpoint, dtype=torch.bfloat16).eval() for _ in range(2))
    replica = Replica(packed, encoder.preparation)
    prepared = [encoder.preparation.prepare(noise(32 + number, 32)) for number in range(count)]
    with torch.inference_mode():
        expected = unit(plain.get_image_features(**replica.image_inputs(prepared)).pooler_output.float().numpy())

    vectors = image_vectors([replica], prepared, DIMENSION)

    assert (vectors * expected).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize(
    ("free", "each", "images"),
    [(10_000, 100, 64), (10_000, 5_000, 1), (1_000, 5_000, 1), (80, 1, 64), (100, 0, 64)],
)
def test_a_batch_leaves_some_of_the_memory_free(free: int, each: float, images: int) -> None:
    assert fitting_batch(free, each) == images


def test_the_cpu_computes_small_batches(encoder: ClipEncoder) -> None:
    assert encoder.batch_size == CPU_BATCH
    assert encoder.computes_in == "float32 on cpu"


def test_a_named_precision_is_taken_as_it_is() -> None:
    assert dtype_on(torch.device("cpu"), "bfloat16") == torch.bfloat16
    assert dtype_on(torch.device("cpu"), "float32") == torch.float32


def test_the_cpu_does_not_compute_in_float16_by_itself() -> None:
    assert dtype_on(torch.device("cpu"), "auto") in (torch.bfloat16, torch.float32)


def test_auto_without_a_gpu_is_the_cpu() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert devices("auto") == [torch.device("cpu")]


@no_gpu
def test_every_gpu_is_used_and_its_batches_fit(checkpoint: Path) -> None:
    loaded = ClipEncoder.load(str(checkpoint), "cuda")

    assert len(devices("cuda")) == torch.cuda.device_count()
    assert loaded.batch_size == MOST_ON_GPU * AHEAD_ON_GPU * torch.cuda.device_count()


@no_gpu
def test_a_gpu_gives_nearly_the_same_vectors_in_order(checkpoint: Path, encoder: ClipEncoder) -> None:
    on_gpu = ClipEncoder.load(str(checkpoint), "cuda")
    prepared = [encoder.preparation.prepare(noise(32 + number % 40, 32)) for number in range(1000)]

    assert (on_gpu.embed_images(prepared) * encoder.embed_images(prepared)).sum(axis=1).min() > 0.999


@no_gpu
def test_a_gpu_that_is_nearly_full_still_embeds(checkpoint: Path, encoder: ClipEncoder) -> None:
    model = AutoModel.from_pretrained(checkpoint).eval().to("cuda", torch.float16)
    replica = Replica(model, encoder.preparation)
    replica.batch_size = 8192
    prepared = [encoder.preparation.prepare(noise(32, 32))] * 8192
    torch.cuda.set_per_process_memory_fraction(0.001)
    try:
        vectors = image_vectors([replica], prepared, DIMENSION)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)

    assert replica.batch_size < 8192
    assert (vectors @ encoder.embed_images(prepared[:1])[0]).min() > 0.999
