"""What a walk through a source finds, and what names say of files."""

import os
from typing import NamedTuple

SIDECARS = frozenset({".txt", ".caption", ".json", ".jsonl"})
_PASSED_OVER = frozenset({".csv", ".tsv", ".md", ".xml", ".yaml", ".yml", ".toml", ".ini", ".log", ".parquet"})
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin"})
NOT_TEXT = "its name is not valid text (UTF-8); rename it"


class FoundFile(NamedTuple):
    """A file as it was when its source was looked through."""

    path: str
    """Absolute, or an address such as `s3://bucket/pictures/a.jpg`."""
    size_bytes: int
    modified_ns: int


def is_sidecar(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in SIDECARS


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or is what operating systems leave behind."""
    return name.startswith(".") or name.lower() in _LITTER


def is_passed_over(name: str) -> bool:
    """Whether a file of this name is a list or a note, which no import asks for."""
    return os.path.splitext(name)[1].lower() in _PASSED_OVER


def is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_below(path: str, folder: str) -> bool:
    """Whether a path is the folder itself or inside it; both absolute."""
    return path == folder or path.startswith(os.path.join(folder, ""))
