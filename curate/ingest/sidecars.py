"""What the files beside an image say of it: captions and metadata."""

import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from curate.ingest.found import FoundFile
from curate.ingest.remote import why
from curate.ingest.sources import files_of, is_address, is_gone, normal_path
from curate.models import SkippedFile

METADATA_LIST = "metadata.jsonl"
_OWN_SUFFIXES = (".txt", ".caption", ".json")
_CAPTION_KEYS = ("text", "caption")
_LONGEST_TEXT = 2**20


@dataclass(frozen=True, slots=True)
class Notes:
    """What sidecars say of one image."""

    caption: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


NOTHING = Notes()


class SidecarReader:
    """Reads the sidecars of one scan, each at most once where images share it.

    `problems` gathers, by path, those that could not be read; their images are imported all the same.
    """

    def __init__(self, sidecars: Mapping[str, FoundFile]) -> None:
        self._own = _by_own_name(sidecars)
        self._lists = {os.path.dirname(path): path for path in sidecars if _is_list(path)}
        self._read_lists: dict[str, dict[str, Notes]] = {}
        self._fetched: dict[str, bytes | _Unusable] = {}
        self.problems: dict[str, SkippedFile] = {}
        self.unread: set[str] = set()
        """Those of the problems that are to be read again although they don't change."""

    def notes(self, image_path: str) -> Notes:
        """Return what is known of an image: its own caption file before its JSON file before a list of its folder."""
        notes = NOTHING
        for path in self.lists_over(image_path):
            notes = _merged(self._list(path).get(image_path, NOTHING), notes)
        own = self.own(image_path)
        for path in own:
            if _is_json(path):
                notes = _merged(self._json(path), notes)
        for path in reversed(own):
            if not _is_json(path):
                notes = _merged(Notes(self._text(path)), notes)
        return notes

    def fetch(self, image_path: str) -> None:
        """Read an image's own sidecars ahead, on any thread, where each takes a while: at an address."""
        for path in self.own(image_path):
            if is_address(path):
                try:
                    self._fetched[path] = _content(path)
                except _Unusable as problem:
                    self._fetched[path] = problem

    def own(self, image_path: str) -> list[str]:
        """Return the sidecars with an image's stem, the most telling first."""
        return [self._own[name] for name in _own_names(image_path) if name in self._own]

    def lists_over(self, image_path: str) -> list[str]:
        """Return the metadata lists in an image's folder and those above it, outermost first."""
        found: list[str] = []
        folder = os.path.dirname(image_path)
        while self._lists and folder != os.path.dirname(folder):
            if folder in self._lists:
                found.append(self._lists[folder])
            folder = os.path.dirname(folder)
        return found[::-1]

    def _read(self, path: str) -> str:
        fetched = self._fetched.pop(path, None)
        if isinstance(fetched, _Unusable):
            raise fetched
        return _decoded(_content(path) if fetched is None else fetched)

    def _text(self, path: str) -> str | None:
        try:
            return _clean(self._read(path)) or None
        except _Unusable as problem:
            self._report(path, problem)
            return None

    def _json(self, path: str) -> Notes:
        try:
            return _notes_in(_parsed(self._read(path)))
        except _Unusable as problem:
            self._report(path, problem)
            return NOTHING

    def _list(self, path: str) -> dict[str, Notes]:
        if path not in self._read_lists:
            self._read_lists[path] = dict(self._list_entries(path))
        return self._read_lists[path]

    def _list_entries(self, path: str) -> Iterator[tuple[str, Notes]]:
        """Yield image path and notes for each line; the first bad line is reported, all good ones are used."""
        folder = os.path.dirname(path)
        try:
            with io.TextIOWrapper(files_of(path).open(path), "utf-8-sig", "surrogateescape") as lines:
                for number, line in enumerate(lines, 1):
                    try:
                        yield from _list_entry(folder, line)
                    except _Unusable as problem:
                        self._report(path, _Unusable(f"line {number}: {problem}"))
        except OSError as error:
            self._report(path, _unreadable(error))

    def _report(self, path: str, problem: "_Unusable") -> None:
        self.problems.setdefault(path, SkippedFile(path, str(problem)))
        if isinstance(problem, _Unreadable):
            self.unread.add(path)


@dataclass(frozen=True, slots=True)
class SidecarChanges:
    """How the sidecars of a folder differ from those that were read before."""

    read: list[FoundFile]
    """New or changed."""
    gone: set[str]
    unchanged: set[str]

    def __bool__(self) -> bool:
        return bool(self.read or self.gone)

    def concern(self, image_paths: Iterable[str]) -> list[str]:
        """Return those images that a changed sidecar is about."""
        if not self:
            return []
        dirty = {file.path for file in self.read} | self.gone
        own = _by_own_name(dirty)
        folders = tuple(os.path.join(os.path.dirname(path), "") for path in dirty if _is_list(path))
        return [path for path in image_paths if path.startswith(folders) or not own.keys().isdisjoint(_own_names(path))]


def compare_sidecars(
    sidecars: Mapping[str, FoundFile], image_paths: Iterable[str], before: Mapping[str, FoundFile]
) -> SidecarChanges:
    """Hold the sidecars that were found, as far as they belong to images, against those that were read `before`."""
    now = {path for path in sidecars if _is_list(path)}
    if len(now) < len(sidecars):
        own = _by_own_name(sidecars)
        now.update(own[name] for path in image_paths for name in _own_names(path) if name in own)
    changed = [sidecars[path] for path in sorted(now) if before.get(path) != sidecars[path]]
    gone = {path for path in before.keys() - now if path in sidecars or is_gone(path)}
    return SidecarChanges(changed, gone, now - {file.path for file in changed})


class _Unusable(Exception):
    """Why a sidecar, or a line of one, says nothing."""


class _Unreadable(_Unusable):
    """It may say something at the next import, although it does not change."""


def _unreadable(error: OSError) -> _Unreadable:
    return _Unreadable(why(error) if isinstance(error, PermissionError) else f"it cannot be read ({why(error)})")


def _own_names(image_path: str) -> tuple[str, ...]:
    stem = os.path.splitext(image_path)[0]
    return tuple(stem + suffix for suffix in _OWN_SUFFIXES)


def _by_own_name(paths: Iterable[str]) -> dict[str, str]:
    """Return paths by what they are with a lower-case suffix; of `a.TXT` and `a.txt`, in that order, the last."""
    split = ((os.path.splitext(path), path) for path in paths)
    return {stem + suffix.lower(): path for (stem, suffix), path in split}


def _is_json(path: str) -> bool:
    return path.lower().endswith(".json")


def _is_list(path: str) -> bool:
    return os.path.basename(path) == METADATA_LIST


def _content(path: str) -> bytes:
    try:
        with files_of(path).open(path) as file:
            data = file.read(_LONGEST_TEXT + 1)
    except OSError as error:
        raise _unreadable(error) from error
    if len(data) > _LONGEST_TEXT:
        raise _Unusable("the text is longer than 1 MB")
    return data


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unusable("its text is not in UTF-8; save it as UTF-8") from error


def _parsed(text: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        text.encode("utf-8")
        value = json.loads(text)
    except UnicodeEncodeError as error:
        raise _Unusable("its text is not in UTF-8; save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _Unusable("it is not valid JSON") from error
    if not isinstance(value, dict):
        raise _Unusable("it holds no JSON object")
    return value


def _list_entry(folder: str, line: str) -> Iterator[tuple[str, Notes]]:
    if not line.strip():
        return
    entry = _parsed(line)
    name = entry.pop("file_name", None)
    if not isinstance(name, str) or not name:
        raise _Unusable("it has no file_name")
    yield normal_path(os.path.join(folder, name)), _notes_in(entry)


def _notes_in(entry: Mapping[str, Any]) -> Notes:
    """Return the caption and the flat values of a JSON object; nested ones are left out."""
    caption = next((_clean(entry[key]) for key in _CAPTION_KEYS if isinstance(entry.get(key), str)), None)
    metadata = {
        _clean(key): text
        for key, value in entry.items()
        if key not in _CAPTION_KEYS and (text := _as_text(value)) is not None
    }
    return Notes(caption or None, metadata)


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return None


def _clean(text: str) -> str:
    """Return text that any database keeps, its lines ended alike: JSON allows NULs and halves of a UTF-16 pair."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return lines.encode("utf-8", "replace").decode("utf-8").strip()


def _merged(first: Notes, second: Notes) -> Notes:
    """Return both, the first where they differ."""
    return Notes(first.caption or second.caption, {**second.metadata, **first.metadata})
