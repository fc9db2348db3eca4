"""Which encoder this process uses."""

from dataclasses import dataclass

from curate.embedding.clip import ClipEncoder
from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.encoder import Encoder
from curate.errors import EncoderUnavailable
from curate.settings import Settings


@dataclass(frozen=True, slots=True)
class LoadedEncoder:
    """An encoder, and a line for the screen where it isn't the one that a person would expect."""

    encoder: Encoder
    notice: str | None = None


def load_encoder(settings: Settings) -> LoadedEncoder:
    """Load what `settings.encoder` names; `auto` is CLIP ViT-B/32, or the built-in descriptor where it can't be had.

    Waits for the model hub's first answer `settings.hub_timeout` seconds at most; a download shows its progress.

    Raises:
        EncoderUnavailable: an encoder was named and can't be loaded.
    """
    if settings.encoder == "descriptor":
        return LoadedEncoder(DescriptorEncoder())
    if settings.encoder != "auto":
        return LoadedEncoder(ClipEncoder.load(settings.encoder, settings.device, hub_timeout=settings.hub_timeout))
    try:
        return LoadedEncoder(ClipEncoder.load("clip-vit-b-32", settings.device, hub_timeout=settings.hub_timeout))
    except EncoderUnavailable as reason:
        return LoadedEncoder(DescriptorEncoder(), f"Using the built-in descriptor, without text search. {reason}")
