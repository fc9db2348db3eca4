"""Choosing an encoder with and without the model hub. Each case runs in a process and a cache of its own."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from curate.embedding.clip import ClipEncoder
from tests.embedding.hub_server import hub_with
from tests.embedding.tiny_clip import save_tiny_clip

ROOT = Path(__file__).parents[2]

LOAD = """
import json, sys, time
from curate.embedding.loading import load_encoder
from curate.errors import EncoderUnavailable
from curate.settings import Settings

for turn in range(2):
    started = time.perf_counter()
    try:
        loaded = load_encoder(Settings())
        answer = {"name": loaded.encoder.name, "label": loaded.encoder.label, "notice": loaded.notice}
    except EncoderUnavailable as error:
        answer = {"error": str(error)}
    seconds = time.perf_counter() - started
    print(json.dumps({**answer, "seconds": seconds, "torch": "torch" in sys.modules}))
"""

DOWNLOAD = """
import json, sys
from curate.embedding import hub
print(json.dumps({"folder": str(hub.download(sys.argv[1], timeout=20))}))
"""


def load(cache: Path, encoder: str, hub: str, **environment: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a fresh process says after loading `encoder` with this hub and this cache, and again after that."""
    first, again = run(LOAD, cache, hub, {"CURATE_ENCODER": encoder, **environment})
    return first, again


def download(cache: Path, repository: str, hub: str) -> Path:
    """Download a repository into the cache in a fresh process, and return its folder."""
    return Path(run(DOWNLOAD, cache, hub, {}, repository)[0]["folder"])


def run(code: str, cache: Path, hub: str, environment: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """Run Python code that prints JSON lines; the hub's client reads its settings once a process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CURATE_"))}
    given = {"HF_ENDPOINT": hub, "HF_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**kept, **given, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def closed_hub() -> str:
    """The address of a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_auto_without_a_hub_uses_the_descriptor_and_says_so_at_once(tmp_path: Path, closed_hub: str) -> None:
    answer, _ = load(tmp_path, "auto", closed_hub)

    assert answer["name"] == "descriptor"
    assert "without text search" in answer["notice"]
    assert "\n" not in answer["notice"]
    assert not answer["torch"]


def test_auto_does_not_wait_longer_than_its_limit_for_a_hub_that_says_nothing(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hub = f"http://127.0.0.1:{silent.getsockname()[1]}"
        answer, _ = load(tmp_path, "auto", hub, CURATE_HUB_TIMEOUT="1.5")

    assert answer["name"] == "descriptor"
    assert 1.4 < answer["seconds"] < 4


def test_auto_takes_no_time_when_the_hub_is_switched_off(tmp_path: Path) -> None:
    answer, _ = load(tmp_path, "auto", "https://huggingface.co", HF_HUB_OFFLINE="1")

    assert answer["name"] == "descriptor"
    assert answer["notice"]


def test_auto_downloads_clip_in_one_format_and_asks_no_more_once_it_is_there(tmp_path: Path) -> None:
    checkpoint = save_tiny_clip(tmp_path / "served")
    (checkpoint / "pytorch_model.bin").write_bytes(b"the same weights in another format")
    with hub_with("openai/clip-vit-base-patch32", checkpoint) as (hub, asked):
        answers = load(tmp_path / "cache", "auto", hub)

    for answer in answers:
        assert (answer["name"], answer["label"], answer["notice"]) == ("clip-vit-b-32", "CLIP ViT-B/32", None)
    assert asked.count("/api/models/openai/clip-vit-base-patch32") == 1
    assert not [path for path in asked if path.endswith(".bin")]


def test_weights_in_the_old_format_are_downloaded_where_there_are_no_others(tmp_path: Path) -> None:
    checkpoint = save_tiny_clip(tmp_path / "served")
    torch.save(load_file(checkpoint / "model.safetensors"), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()

    with hub_with("someone/tiny", checkpoint) as (hub, _):
        folder = download(tmp_path / "cache", "someone/tiny", hub)

    assert ClipEncoder.load(str(folder), "cpu").dimension == 16


def test_a_half_downloaded_checkpoint_is_completed(tmp_path: Path, closed_hub: str) -> None:
    with hub_with("someone/tiny", save_tiny_clip(tmp_path / "served")) as (hub, _):
        weights = download(tmp_path / "cache", "someone/tiny", hub) / "model.safetensors"
        weights.resolve().unlink()
        answer, _ = load(tmp_path / "cache", "someone/tiny", closed_hub)
        assert "could not be downloaded" in answer["error"]

        download(tmp_path / "cache", "someone/tiny", hub)

    assert weights.exists()


def test_the_descriptor_is_loaded_without_a_notice(tmp_path: Path, closed_hub: str) -> None:
    answer, _ = load(tmp_path, "descriptor", closed_hub)

    assert (answer["name"], answer["notice"], answer["torch"]) == ("descriptor", None, False)


@pytest.mark.parametrize(
    ("encoder", "reason"),
    [
        ("clip-vit-l-14", "openai/clip-vit-large-patch14.*not on this computer.*Connect to the internet"),
        ("someone/clip", "not on this computer.*CURATE_ENCODER"),
        ("/no/such/folder", "There is no folder /no/such/folder"),
        ("./relative", "There is no folder"),
        ("not a name", "There is no encoder “not a name”"),
    ],
)
def test_a_named_encoder_that_cannot_be_had_is_an_error_that_says_what_to_do(
    tmp_path: Path, closed_hub: str, encoder: str, reason: str
) -> None:
    answer, _ = load(tmp_path, encoder, closed_hub)

    assert re.search(reason, answer["error"])


def test_a_name_that_the_hub_does_not_know_is_told_apart_from_no_network(tmp_path: Path) -> None:
    with hub_with("someone/else", save_tiny_clip(tmp_path / "served")) as (hub, _):
        answer, _ = load(tmp_path / "cache", "someone/clip", hub)

    assert "no public checkpoint “someone/clip”" in answer["error"]
