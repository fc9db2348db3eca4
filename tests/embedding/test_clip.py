"""CLIP checkpoints: read like transformers reads them, refused with a reason."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, BertConfig, BertModel, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from curate.embedding.clip import ClipEncoder
from curate.errors import EncoderUnavailable
from tests.embedding.pictures import SIZES, noise
from tests.embedding.tiny_clip import SIDE, save_tiny_clip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_clip(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> ClipEncoder:
    return ClipEncoder.load(str(checkpoint), "cpu", precision="float32")


@pytest.mark.parametrize(
    "preprocessing",
    [
        {},
        {"size": SIDE, "crop_size": SIDE},
        {"size": 45, "resample": 2},
        {"size": {"height": 40, "width": 50}},
        {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False},
        {"do_resize": False},
        {"size": 24},
        {"do_normalize": False},
        {"do_rescale": False, "image_mean": [100, 110, 120], "image_std": [50, 60, 70]},
        {"rescale_factor": 0.01, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.4, 0.3]},
    ],
    ids=str,
)
def test_preprocessing_equals_that_of_transformers(tmp_path: Path, preprocessing: dict) -> None:
    folder = save_tiny_clip(tmp_path / "tiny", **preprocessing)
    reference = CLIPImageProcessorPil.from_pretrained(folder)
    encoder = ClipEncoder.load(str(folder), "cpu", precision="float32")

    for size in SIZES:
        ours = encoder.image_inputs([encoder.preparation.prepare(noise(*size))])["pixel_values"][0]
        theirs = reference(noise(*size), return_tensors="np")["pixel_values"][0]
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=str(size))


def test_image_vectors_equal_those_of_transformers(checkpoint: Path, encoder: ClipEncoder) -> None:
    images = [noise(*size) for size in SIZES]
    inputs = CLIPImageProcessorPil.from_pretrained(checkpoint)(images, return_tensors="pt")
    with torch.inference_mode():
        features = CLIPModel.from_pretrained(checkpoint).get_image_features(**inputs).pooler_output
    expected = torch.nn.functional.normalize(features, dim=-1).numpy()

    vectors = encoder.embed_images([encoder.preparation.prepare(image) for image in images])

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_text_vectors_equal_those_of_transformers(checkpoint: Path, encoder: ClipEncoder) -> None:
    texts = ["a cat", "dog", "A  DOG and a cat", ""]
    inputs = AutoTokenizer.from_pretrained(checkpoint)(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        features = CLIPModel.from_pretrained(checkpoint).get_text_features(**inputs).pooler_output
    expected = torch.nn.functional.normalize(features, dim=-1).numpy()

    np.testing.assert_allclose(encoder.embed_texts(texts), expected, atol=1e-5)


def test_a_text_longer_than_the_checkpoint_reads_is_cut(encoder: ClipEncoder) -> None:
    long, longer = encoder.embed_texts(["cat " * 20, "cat " * 50])

    np.testing.assert_allclose(long, longer, atol=1e-6)


def test_texts_can_be_embedded_from_several_threads(encoder: ClipEncoder) -> None:
    texts = [["dog " * (number % 9 + 1)] for number in range(60)]

    with ThreadPoolExecutor(3) as pool:
        vectors = list(pool.map(encoder.embed_texts, texts))

    np.testing.assert_allclose(vectors[0], vectors[9], atol=1e-6)


def test_more_images_than_one_batch_come_back_in_order(encoder: ClipEncoder) -> None:
    prepared = [encoder.preparation.prepare(noise(32 + number, 32)) for number in range(70)]

    together = encoder.embed_images(prepared)

    alone = np.concatenate([encoder.embed_images([pixels]) for pixels in prepared])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_images_give_no_vectors(encoder: ClipEncoder) -> None:
    assert encoder.embed_images([]).shape == (0, 16)


def test_a_hair_thin_image_is_not_blown_up(encoder: ClipEncoder) -> None:
    assert encoder.preparation.prepare(Image.new("RGB", (1, 60_000))).shape == (3, SIDE, SIDE)


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_half_precision_on_the_cpu_gives_nearly_the_same_unit_vectors(
    checkpoint: Path, encoder: ClipEncoder, precision: str
) -> None:
    fast = ClipEncoder.load(str(checkpoint), "cpu", precision=precision)  # type: ignore[arg-type]
    prepared = [encoder.preparation.prepare(noise(*size)) for size in SIZES]

    vectors = fast.embed_images(prepared)

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors * encoder.embed_images(prepared)).sum(axis=1).min() > 0.995


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
def test_a_gpu_gives_nearly_the_same_vectors_as_the_cpu(checkpoint: Path, encoder: ClipEncoder) -> None:
    on_gpu = ClipEncoder.load(str(checkpoint), "cuda")
    prepared = [encoder.preparation.prepare(noise(*size)) for size in SIZES]

    assert (on_gpu.embed_images(prepared) * encoder.embed_images(prepared)).sum(axis=1).min() > 0.999
    assert (on_gpu.embed_texts(["a cat"]) * encoder.embed_texts(["a cat"])).sum() > 0.999


def test_a_folder_keeps_its_name_when_moved_and_gets_another_with_other_weights(tmp_path: Path) -> None:
    name = ClipEncoder.load(str(save_tiny_clip(tmp_path / "My CLIP!")), "cpu").name
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "My CLIP!").rename(tmp_path / "elsewhere" / "My CLIP!")

    assert name.startswith("my-clip-")
    assert ClipEncoder.load(str(moved), "cpu").name == name
    assert ClipEncoder.load(str(save_tiny_clip(moved, seed=1)), "cpu").name != name


def damage_weights(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])


def leave_out_weights(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def drop_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def drop_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def damage_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def drop_preprocessing(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def ask_for_another_size(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": 48, "crop_size": 48}))


def ask_for_an_unknown_resize(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"longest_edge": 48}, "crop_size": SIDE}))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damage_weights, "cannot be used"),
        (leave_out_weights, "1 of its weights are missing"),
        (drop_weights, "cannot be used"),
        (drop_config, "no config.json"),
        (damage_config, "config.json cannot be read"),
        (drop_preprocessing, "no preprocessor_config.json"),
        (ask_for_another_size, "prepared at 48 × 48, its model reads 32 × 32"),
        (ask_for_an_unknown_resize, "longest_edge"),
    ],
)
def test_a_damaged_checkpoint_is_refused_with_its_reason(
    tmp_path: Path, damage: Callable[[Path], None], reason: str
) -> None:
    folder = save_tiny_clip(tmp_path / "tiny")
    damage(folder)

    with pytest.raises(EncoderUnavailable, match=reason) as caught:
        ClipEncoder.load(str(folder), "cpu")

    assert "CURATE_ENCODER" in str(caught.value)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    small = BertConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9)
    BertModel(small).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"size": 32}')

    with pytest.raises(EncoderUnavailable, match="“bert” model, not one that embeds images and texts"):
        ClipEncoder.load(str(tmp_path), "cpu")


@pytest.mark.parametrize("device", ["cuda:99", "tpu-of-mine", "vulkan"])
def test_a_device_that_is_not_there_is_refused(checkpoint: Path, device: str) -> None:
    with pytest.raises(EncoderUnavailable, match="CURATE_DEVICE"):
        ClipEncoder.load(str(checkpoint), device)
