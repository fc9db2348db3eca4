"""Why a file was not imported, in words for the person who looks at the list."""

import os

from PIL import Image

DAMAGED = "the file is damaged"
DAMAGED_HEIF = "the file is damaged, or a variant of AVIF or HEIC that cannot be read"
CUT_OFF = "the file is cut off"
UNKNOWN_VARIANT = "it uses a variant of its format that cannot be read"

_IMAGE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
_OTHER_SIGNATURES = {
    b"%PDF": "it is a PDF document, not an image",
    b"%!PS": "it is a PostScript drawing, not an image",
    b"\xc5\xd0\xd3\xc6": "it is a PostScript drawing, not an image",
    b"<svg": "it is an SVG drawing, not an image",
    b"PK\3\4": "it is a ZIP archive, not an image",
    b"\x1aE\xdf\xa3": "it is a video, not an image",
    b"v/1\1": "it is an OpenEXR image; convert it to PNG or TIFF first",
    b"#?RADIANCE": "it is a Radiance HDR image; convert it to PNG or TIFF first",
    b"farbfeld": "it is a farbfeld image; convert it to PNG first",
}
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")


def why_unidentified(start: bytes, name: str) -> str:
    """Say what a file is that no reader of images knows, from its first 16 bytes and its name."""
    if not start:
        return "the file is empty"
    for signature, reason in _OTHER_SIGNATURES.items():
        if start.startswith(signature):
            return reason
    if start[4:8] == b"ftyp":
        return DAMAGED_HEIF if start[8:12] in _STILL_BRANDS else "it is a video, not an image"
    if start[:4] == b"RIFF":
        return DAMAGED if start[8:12] == b"WEBP" else "it is a video or a sound, not an image"
    if start.startswith(_IMAGE_SIGNATURES) or os.path.splitext(name)[1].lower() in Image.EXTENSION:
        return DAMAGED
    return "it is not an image"


def why_undecodable(error: Exception) -> str:
    """Say why an image could not be decoded."""
    message = str(error).lower()
    if isinstance(error, EOFError) or any(hint in message for hint in ("truncat", "end of file", "not enough")):
        return CUT_OFF
    if isinstance(error, NotImplementedError) or "unsupported" in message or "not supported" in message:
        return UNKNOWN_VARIANT
    return DAMAGED
