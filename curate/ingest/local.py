"""Folders of this machine as a source of images."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from curate.ingest.found import NOT_TEXT, FoundFile, is_below, is_hidden, is_passed_over, is_text
from curate.models import SkippedFile


class LocalFiles:
    """The files of this machine. Implements `curate.ingest.sources.Files`."""

    def walk(
        self, folder: str, never: Sequence[Path] = (), roots: Sequence[Path] = ()
    ) -> Iterator[FoundFile | SkippedFile]:
        """Yield the files below a folder: candidates, sidecars, and those that cannot be used, with the reason.

        Hidden files and folders, lists, notes and what operating systems leave behind are passed over. Links are
        followed, each folder once: those that lead nowhere, in a circle, or out of `roots` (where any are given) are
        skipped. Folders in `never` are not entered.
        """
        return _Walk(never, roots).through(folder)

    def stat(self, path: str) -> FoundFile | None:
        try:
            status = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return FoundFile(path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None

    def open(self, path: str) -> BinaryIO:
        return open(path, "rb")

    def content(self, path: str) -> Path:
        return Path(path)


class _Walk:
    """One walk: which folders it has entered, and which links to folders it has put off."""

    def __init__(self, never: Sequence[Path], roots: Sequence[Path]) -> None:
        self._entered = {identity for path in never if (identity := folder_identity(path))}
        self._roots = [os.path.realpath(root) for root in roots]
        self._links: list[str] = []

    def through(self, folder: str) -> Iterator[FoundFile | SkippedFile]:
        """Walk real folders first, so that a link to one of them is the link, not the folder, that is skipped."""
        identity = folder_identity(folder)
        self._entered.discard(identity or (0, 0))
        yield from self._below(folder)
        while self._links:
            link = self._links.pop(0)
            if folder_identity(link) in self._entered:
                yield SkippedFile(link, "the link leads to a folder that is part of this import already")
            else:
                yield from self._below(link)

    def _below(self, top: str) -> Iterator[FoundFile | SkippedFile]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            identity = folder_identity(folder)
            if identity in self._entered:
                continue
            if identity:
                self._entered.add(identity)
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield SkippedFile(folder, f"the folder cannot be read ({error.strerror})")
                continue
            subfolders: list[str] = []
            for entry in entries:
                yield from self._entry(entry, subfolders)
            waiting.extend(reversed(subfolders))

    def _entry(self, entry: os.DirEntry[str], subfolders: list[str]) -> Iterator[FoundFile | SkippedFile]:
        if is_hidden(entry.name):
            return
        if not is_text(entry.name):
            yield SkippedFile(_shown(entry.path), NOT_TEXT)
            return
        try:
            if entry.is_dir(follow_symlinks=False):
                subfolders.append(entry.path)
                return
            if is_passed_over(entry.name):
                return
            if entry.is_symlink() and not self._allowed(entry.path):
                yield SkippedFile(entry.path, "the link leads out of the folders that may be imported")
                return
            status = entry.stat()
        except OSError as error:
            yield SkippedFile(entry.path, _why_no_status(entry, error))
            return
        if stat.S_ISDIR(status.st_mode):
            self._links.append(entry.path)
        elif stat.S_ISREG(status.st_mode):
            yield FoundFile(entry.path, status.st_size, status.st_mtime_ns)
        else:
            yield SkippedFile(entry.path, "it is a device, a pipe or a socket, not a file")

    def _allowed(self, path: str) -> bool:
        target = os.path.realpath(path)
        return not self._roots or any(is_below(target, root) for root in self._roots)


def folder_identity(path: str | Path) -> tuple[int, int] | None:
    """Return device and inode, the same for every name of a folder."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _why_no_status(entry: os.DirEntry[str], error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "the link leads to a file that does not exist" if entry.is_symlink() else "it disappeared"
    if entry.is_symlink() and "symbolic links" in str(error.strerror):
        return "the link leads in a circle"
    return f"it cannot be read ({error.strerror})"


def _shown(path: str) -> str:
    """Return a path with its undecodable bytes written out as in `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
