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

from tests.embedding.hub_server import hub_with
from tests.embedding.tiny_clip import save_tiny_clip

ROOT = Path(__file__).parents[2]

LOAD = """
import json, sys, time
from curate.embedding.loading import load_encoder
from curate.errors import EncoderUnavailable
from curate.settings import Settings

started = time.perf_counter()
try:
    loaded = load_encoder(Settings())
    answer = {"name": loaded.encoder.name, "label": loaded.encoder.label, "notice": loaded.notice}
except EncoderUnavailable as error:
    answer = {"error": str(error)}
seconds = time.perf_counter() - started
print(json.dumps({**answer, "seconds": seconds, "torch": "torch" in sys.modules}))
"""


def load(cache: Path, encoder: str, hub: str, **environment: str) -> dict[str, Any]:
    """Return what a fresh process says after loading `encoder` with this hub and this cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CURATE_"))}
    given = {"CURATE_ENCODER": encoder, "HF_ENDPOINT": hub, "HF_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**kept, **given, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def closed_hub() -> str:
    """The address of a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_auto_without_a_hub_uses_the_descriptor_and_says_so_at_once(tmp_path: Path, closed_hub: str) -> None:
    answer = load(tmp_path, "auto", closed_hub)

    assert answer["name"] == "descriptor"
    assert "without text search" in answer["notice"]
    assert "\n" not in answer["notice"]
    assert not answer["torch"]


def test_auto_does_not_wait_longer_than_its_limit_for_a_hub_that_says_nothing(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hub = f"http://127.0.0.1:{silent.getsockname()[1]}"
        answer = load(tmp_path, "auto", hub, CURATE_HUB_TIMEOUT="1.5")

    assert answer["name"] == "descriptor"
    assert 1.4 < answer["seconds"] < 4


def test_auto_takes_no_time_when_the_hub_is_switched_off(tmp_path: Path) -> None:
    answer = load(tmp_path, "auto", "https://huggingface.co", HF_HUB_OFFLINE="1")

    assert answer["name"] == "descriptor"
    assert answer["notice"]


def test_auto_downloads_clip_once_and_finds_it_again_without_the_hub(tmp_path: Path, closed_hub: str) -> None:
    checkpoint = save_tiny_clip(tmp_path / "served")
    (checkpoint / "pytorch_model.bin").write_bytes(b"the same weights in another format")
    with hub_with("openai/clip-vit-base-patch32", checkpoint) as (hub, asked):
        first = load(tmp_path / "cache", "auto", hub)
    again = load(tmp_path / "cache", "auto", closed_hub)

    for answer in (first, again):
        assert (answer["name"], answer["label"], answer["notice"]) == ("clip-vit-b-32", "CLIP ViT-B/32", None)
    assert not [path for path in asked if path.endswith(".bin")]


def test_weights_in_the_old_format_are_downloaded_where_there_are_no_others(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    checkpoint = save_tiny_clip(tmp_path / "served")
    torch.save(load_file(checkpoint / "model.safetensors"), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()

    with hub_with("someone/Tiny-CLIP", checkpoint) as (hub, _):
        assert load(tmp_path / "cache", "someone/Tiny-CLIP", hub)["name"] == "someone--tiny-clip"


def test_a_half_downloaded_checkpoint_is_completed(tmp_path: Path, closed_hub: str) -> None:
    checkpoint = save_tiny_clip(tmp_path / "served")
    with hub_with("someone/tiny", checkpoint) as (hub, _):
        load(tmp_path / "cache", "someone/tiny", hub)
        for weights in (tmp_path / "cache").rglob("model.safetensors"):
            weights.resolve().unlink()

        assert "error" in load(tmp_path / "cache", "someone/tiny", closed_hub)
        assert load(tmp_path / "cache", "someone/tiny", hub)["name"] == "someone--tiny"


def test_a_local_folder_needs_no_hub(tmp_path: Path, closed_hub: str) -> None:
    checkpoint = save_tiny_clip(tmp_path / "tiny")

    assert load(tmp_path / "cache", str(checkpoint), closed_hub)["name"].startswith("tiny-")


def test_the_descriptor_is_loaded_without_a_notice(tmp_path: Path, closed_hub: str) -> None:
    answer = load(tmp_path, "descriptor", closed_hub)

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
    answer = load(tmp_path, encoder, closed_hub)

    assert re.search(reason, answer["error"])


def test_a_name_that_the_hub_does_not_know_is_told_apart_from_no_network(tmp_path: Path) -> None:
    with hub_with("someone/else", save_tiny_clip(tmp_path / "served")) as (hub, _):
        answer = load(tmp_path / "cache", "someone/clip", hub)

    assert "no public checkpoint “someone/clip”" in answer["error"]
