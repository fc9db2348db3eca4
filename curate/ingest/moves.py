"""Which file an image is now: images whose files are gone, or hold something else, are found again by their content."""

from collections.abc import Collection, Container, Iterable, Mapping

from curate.ingest.catalogue import KnownImage
from curate.ingest.decode import hash_content
from curate.ingest.found import FoundFile
from curate.ingest.opening import TryAgainLater, opened
from curate.ingest.plan import ImportPlan, is_complete, same_state
from curate.ingest.sources import files_of


class Moves:
    """Follows images through one import, whatever order its files are read in."""

    def __init__(self, plan: ImportPlan, candidates: Iterable[KnownImage], thumbnails: Container[str]) -> None:
        """Take the images, anywhere, that a file to be read may be a move of: those of the files' sizes."""
        self._known: Mapping[str, KnownImage] = plan.known
        self._by_size: dict[int, list[FoundFile]] = {}
        for file in plan.to_read:
            self._by_size.setdefault(file.size_bytes, []).append(file)
        self._by_hash = _by_hash(candidates, {image.id for image in plan.unchanged})
        self._hashes: dict[str, str | None] = {}
        self._displaced: dict[str, KnownImage] = {}
        self.claimed: set[str] = set()
        """Ids of the images that were found at other paths."""
        self.complete = frozenset(
            content_hash
            for content_hash, same in self._by_hash.items()
            if all(is_complete(image, thumbnails) for image in same)
        )
        """Hashes of contents of which nothing is left to be computed where they turn up."""

    def image_at(self, path: str) -> KnownImage | None:
        """Return the image that a path belonged to, unless it was found elsewhere by now."""
        image = self._known.get(path)
        return None if image is None or image.id in self.claimed else image

    def claim(self, content_hash: str) -> KnownImage | None:
        """Take a lost image with this content, if there is one; nobody else gets it."""
        candidates = self._by_hash.get(content_hash, [])
        while candidates:
            image = candidates.pop(0)
            if self._has_left(image):
                self.claimed.add(image.id)
                return image
        return None

    def has_new_home(self, image: KnownImage) -> bool:
        """Whether another file of this import holds what an image used to be."""
        return any(
            file.path != image.path
            and self._is_newcomer(file.path, image.content_hash)
            and self._hash_at(file.path) == image.content_hash
            for file in self._by_size.get(image.size_bytes, ())
        )

    def displace(self, image: KnownImage) -> None:
        """Note that another image is at an image's path now."""
        self._displaced[image.id] = image

    @property
    def left_behind(self) -> Collection[str]:
        """Ids of the images whose paths belong to others now, and that are nowhere else: they are missing."""
        return self._displaced.keys() - self.claimed

    def is_at_home(self, path: str) -> bool:
        """Whether the image that a path belonged to, and that was not missing, is still the one there."""
        image = self.image_at(path)
        return image is not None and not image.missing and image.id not in self._displaced

    def _is_newcomer(self, path: str, content_hash: str) -> bool:
        before = self._known.get(path)
        return before is None or before.content_hash != content_hash

    def _has_left(self, image: KnownImage) -> bool:
        """Whether an image's file is gone or holds something else by now; one that can't be asked for is there."""
        if image.missing:
            return True
        try:
            file = files_of(image.path).stat(image.path)
        except (OSError, ValueError):
            return False
        if file is None:
            return True
        found = image.content_hash if same_state(image, file) else self._hash_at(image.path)
        return found is not None and found != image.content_hash

    def _hash_at(self, path: str) -> str | None:
        """Return the hash of a file as it is now; None when it can't be read."""
        if path not in self._hashes:
            try:
                with opened(files_of(path).content(path)) as file:
                    self._hashes[path] = hash_content(file)
            except TryAgainLater:
                self._hashes[path] = None
        return self._hashes[path]


def _by_hash(images: Iterable[KnownImage], without: Container[str]) -> dict[str, list[KnownImage]]:
    found: dict[str, list[KnownImage]] = {}
    for image in images:
        if image.id not in without:
            found.setdefault(image.content_hash, []).append(image)
    return found
