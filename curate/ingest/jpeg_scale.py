"""JPEGs, decoded at a fraction of their size: the fewer pixels come out, the less everything after it costs."""

from typing import Any

from PIL import Image

_FORMATS = ("JPEG", "MPO")


def decode_smaller(file: Image.Image, shorter_side: int | None) -> bool:
    """Let a JPEG that is opened, not loaded, decode at the least of 1/8 to 4/8 that keeps its shorter side.

    Return whether it will. None keeps it as it is.
    """
    if shorter_side is None or file.format not in _FORMATS:
        return False
    for eighths in (1, 2, 3, 4):
        if -(-min(file.size) * eighths // 8) >= shorter_side:
            return _scale(file, eighths)
    return False


def _scale(file: Any, eighths: int) -> bool:
    before = file.size
    if eighths == 3:
        _scale_to_three_eighths(file)
    else:
        file.draft(None, tuple(side * eighths // 8 for side in before))
    return bool(file.size != before)


def _scale_to_three_eighths(file: Any) -> None:
    """Do what `Image.draft` does, at a scale that libjpeg knows and Pillow doesn't ask for.

    At 2 megapixels a quarter is too small and a half is too large: this takes a fifth off the time.
    """
    if len(file.tile) != 1 or file.decoderconfig:
        return
    file._size = tuple(-(-side * 3 // 8) for side in file.size)
    file.tile = [file.tile[0]._replace(extents=(0, 0, *file.size))]
    file.decoderconfig = (3, 0)  # one third, which libjpeg rounds up to eighths
