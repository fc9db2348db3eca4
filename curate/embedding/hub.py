"""Checkpoints on the Hugging Face hub: in its local cache, or downloaded into it."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import EncoderUnavailable


def cached_folder(repository: str) -> Path | None:
    """Return the cached copy of a checkpoint, whole or not, without touching the network.

    Raises:
        EncoderUnavailable: this can't be the name of one.
    """
    from huggingface_hub import try_to_load_from_cache

    with _told_plainly(repository):
        found = try_to_load_from_cache(repository, "config.json")
    return Path(found).parent if isinstance(found, str) else None


def download(repository: str, timeout: float) -> Path:
    """Bring a checkpoint into the cache, with a progress bar on stderr, and return its folder.

    The hub has `timeout` seconds to say what the checkpoint consists of; the files may take as long as they need.

    Raises:
        EncoderUnavailable: the hub doesn't answer, doesn't have it, or stops answering.
    """
    from huggingface_hub import snapshot_download

    files = _files_on_hub(repository, timeout)
    with _told_plainly(repository):
        # In one format: a repository often holds the same weights for PyTorch, TensorFlow and Flax.
        weights = "*.safetensors" if any(name.endswith(".safetensors") for name in files) else "pytorch_model*.bin*"
        patterns = ["*.json", "*.txt", "*.model", weights]
        return Path(snapshot_download(repository, allow_patterns=patterns, ignore_patterns=["*/*"]))


def _files_on_hub(repository: str, timeout: float) -> list[str]:
    """Return the names of a repository's files, after at most `timeout` seconds.

    A thread asks, because neither a name look-up nor the client's own retries keep to a time limit.
    """
    from huggingface_hub import HfApi

    answers: queue.Queue[list[str] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            found = HfApi().model_info(repository, timeout=timeout).siblings or []
            answers.put([file.rfilename for file in found])
        except Exception as error:  # noqa: BLE001 - whatever it was, the thread that waits raises it
            answers.put(error)

    threading.Thread(target=ask, name="hub-probe", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        answer = TimeoutError()
    with _told_plainly(repository):
        if isinstance(answer, Exception):
            raise answer
    return answer


@contextmanager
def _told_plainly(repository: str) -> Iterator[None]:
    """Turn what the client raises into a sentence."""
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        yield
    except HFValidationError as error:
        raise EncoderUnavailable(
            f"There is no encoder “{repository}”: it is neither a folder nor the name of a checkpoint. "
            "Use auto, descriptor, clip-vit-b-32, siglip2-base, a local folder or a hub name such as owner/model."
        ) from error
    except (RepositoryNotFoundError, GatedRepoError) as error:
        raise EncoderUnavailable(
            f"The model hub has no public checkpoint “{repository}”. Check the name, or log in with `hf auth login`."
        ) from error
    except Exception as error:
        raise EncoderUnavailable(
            f"The checkpoint “{repository}” is not on this computer and could not be downloaded. "
            "Connect to the internet once, or set CURATE_ENCODER to a folder that holds it."
        ) from error
