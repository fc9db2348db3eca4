"""What an import has to do: a scan of the folder held against the catalogue."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from curate.ingest.catalogue import KnownImage, SkippedRow
from curate.ingest.found import FoundFile
from curate.ingest.scan import FolderScan
from curate.ingest.sources import is_gone


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Every candidate is either unchanged, still skipped, or to be read."""

    known: Mapping[str, KnownImage]
    """Path → image below the folder; where two have a path, the one that is not missing."""
    unchanged: list[KnownImage] = field(default_factory=list)
    to_read: list[FoundFile] = field(default_factory=list)
    still_skipped: list[SkippedRow] = field(default_factory=list)
    gone: list[KnownImage] = field(default_factory=list)
    """Images that were there before and whose file is not, which is more than not to be found: an import passes over
    hidden folders, and over those that cannot be read just now."""


def plan_import(
    scan: FolderScan, known: Iterable[KnownImage], skipped: Iterable[SkippedRow], thumbnails: Container[str]
) -> ImportPlan:
    """Compare by path, size and time of change. `known` comes with the missing images first."""
    plan = ImportPlan({image.path: image for image in known})
    remembered = {row.path: row for row in skipped}
    for file in scan.candidates:
        image, skip = plan.known.get(file.path), remembered.get(file.path)
        if skip is not None and same_state(skip, file):
            plan.still_skipped.append(skip)
        elif image is not None and same_state(image, file) and is_complete(image, thumbnails):
            plan.unchanged.append(image)
        else:
            plan.to_read.append(file)
    found = {file.path for file in scan.candidates}
    unseen = (image for image in plan.known.values() if not image.missing and image.path not in found)
    plan.gone.extend(image for image in unseen if is_gone(image.path))
    return plan


def same_state(before: KnownImage | SkippedRow, file: FoundFile) -> bool:
    """Whether a file is as it was, as far as its size and time say."""
    return before.modified_ns == file.modified_ns and before.size_bytes == file.size_bytes


def is_complete(image: KnownImage, thumbnails: Container[str]) -> bool:
    """Whether nothing of an image is left to be computed."""
    return image.embedded and image.measured and image.id in thumbnails
