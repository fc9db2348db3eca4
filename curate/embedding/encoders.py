"""Which encoders a workspace has and could have, which one comes first at the start, and switching between them."""

import threading
from dataclasses import dataclass
from pathlib import Path

from curate.embedding.checkpoint import KNOWN, is_on_this_computer
from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.encoder import Encoder
from curate.embedding.loading import LoadedEncoder, load_encoder
from curate.embedding.service import ImageEmbeddingService
from curate.embedding.space import EmbeddingSpace
from curate.embedding.vectors import VectorsOnly
from curate.errors import EmbeddingNotSupported, EncoderNotFound, EncoderUnavailable
from curate.models import EncoderOffer, EncoderState
from curate.settings import Settings
from curate.store import encoders as stored
from curate.store.database import Database
from curate.store.encoders import IMPORT, StoredEncoder
from curate.store.remembered import Remembered

AUTO = "auto"
_DESCRIPTOR_WORDS = "Form and colour; built in. No text search."
_IMPORT_WORDS = "Vectors from a file. No text search."
_NO_TEXT = "Using the built-in descriptor, without text search. Switch to CLIP where it is on this computer."
_MODEL_WORDS = "What is in the picture, and search by text."


@dataclass(frozen=True, slots=True)
class FirstEncoder:
    """The encoder to start with, what loads it again, and a line for the screen where it isn't the expected one."""

    encoder: Encoder
    checkpoint: str | None = None
    notice: str | None = None


def first_encoder(database: Database, settings: Settings) -> FirstEncoder:
    """Return the encoder that `settings` names; with `auto`, the one that was active last where it can be had.

    Raises:
        EncoderUnavailable: an encoder was named and can't be loaded.
    """
    last = None if settings.encoder != AUTO else _active_last(database)
    if last is None:
        return _by_settings(settings)
    if last.origin == IMPORT:
        return FirstEncoder(VectorsOnly(last.name, last.label, last.dimension))
    try:
        encoder = _load(last, settings)
        return FirstEncoder(encoder, last.checkpoint, None if encoder.supports_text else _NO_TEXT)
    except EncoderUnavailable as reason:
        first = _by_settings(settings)
        if first.encoder.name == last.name:
            return first
        return FirstEncoder(
            first.encoder, first.checkpoint, f"Using {first.encoder.label} in place of {last.label}. {reason}"
        )


class Encoders:
    """The encoders of one workspace, as people choose between them."""

    def __init__(
        self, database: Database, embeddings: ImageEmbeddingService, settings: Settings, first: FirstEncoder
    ) -> None:
        self._database = database
        self._embeddings = embeddings
        self._settings = settings
        self._first = first
        self._remembered = Remembered(database)
        self._loading = threading.Lock()

    @property
    def notice(self) -> str | None:
        """A line for the screen where the active encoder isn't what a person would expect."""
        return self._first.notice if self.as_started else None

    @property
    def as_started(self) -> bool:
        """Whether the encoder that came first at the start is the active one."""
        return self._embeddings.encoder is self._first.encoder

    def states(self) -> list[EncoderState]:
        """Return the encoders of this workspace, in the order in which they came, with what each has embedded."""
        return self._remembered.get("states", self._states)

    def offers(self) -> list[EncoderOffer]:
        """Return the encoders that are not used here yet, but could be without a download."""
        here = {state.name for state in self.states()}
        return [offer for offer in self._remembered.get("offers", _loadable) if offer.name not in here]

    def named(self, name: str) -> str:
        """Return the name of the encoder, of this workspace or on offer, that a person calls by its name or label.

        Raises:
            EncoderNotFound: there is none.
        """
        known = [(state.name, state.label) for state in self.states()]
        known += [(offer.name, offer.label) for offer in self.offers()]
        wanted = name.casefold()
        found = [own for own, label in known if wanted in (own.casefold(), label.casefold())]
        if not found:
            raise EncoderNotFound(name)
        return found[0]

    def activate(self, name: str) -> EmbeddingSpace:
        """Make an encoder of this workspace, or one on offer, the active one; a model is loaded first.

        Raises:
            EncoderNotFound: it is neither.
            EncoderUnavailable: its model can't be loaded.
        """
        row = stored.read_encoder(self._database.read(), name)
        if row is not None and row.origin == IMPORT:
            return self._embeddings.activate(self._embeddings.space(name).encoder)
        if row is None and name not in {offer.name for offer in self.offers()}:
            raise EncoderNotFound(name)
        with self._loading:  # two tabs that ask at once load it once
            return self._embeddings.activate(self._loaded(name, row), None if row else name)

    def ready_to_embed(self, name: str) -> EmbeddingSpace:
        """Return an encoder's space with its model loaded, whether it is active or not.

        Raises:
            EncoderNotFound: it isn't in this workspace.
            EncoderUnavailable: its model can't be loaded.
        """
        space = self._embeddings.space(name)
        row = stored.read_encoder(self._database.read(), name)
        with self._loading:
            if not space.encoder.embeds and row is not None and row.origin != IMPORT:
                space.encoder = self._loaded(name, row)
        return space

    def require_model(self, name: str) -> None:
        """Check that images can be embedded with an encoder, once its model is loaded.

        Raises:
            EncoderNotFound: it isn't in this workspace.
            EmbeddingNotSupported: its vectors came from a file.
        """
        row = stored.read_encoder(self._database.read(), name)
        if row is None:
            raise EncoderNotFound(name)
        if row.origin == IMPORT:
            raise EmbeddingNotSupported(
                f"“{row.label}” came from a file, so no further images can be embedded with it. "
                "Attach a file that has them too, or switch to another encoder."
            )

    def _loaded(self, name: str, row: StoredEncoder | None) -> Encoder:
        if self._embeddings.is_loaded(name):
            return self._embeddings.space(name).encoder
        return _load(row, self._settings) if row else _load_checkpoint(name, self._settings)

    def _states(self) -> list[EncoderState]:
        cursor = self._database.read()
        rows = stored.read_encoders(cursor)
        counts = stored.count_embedded(cursor)
        active = self._embeddings.encoder.name
        return [
            EncoderState(
                name=row.name,
                label=row.label,
                dimension=row.dimension,
                origin=row.origin,
                words=_words(row),
                images=counts.get(row.name, 0),
                active=row.name == active,
                embeds=row.origin != IMPORT,
            )
            for row in rows
        ]


def _active_last(database: Database) -> StoredEncoder | None:
    """Return the encoder that was active last, unless it is the descriptor and never embedded anything.

    Then it was only there in place of CLIP, which may be had by now.
    """
    cursor = database.read()
    name = stored.read_active(cursor)
    row = stored.read_encoder(cursor, name) if name else None
    if row is None or (row.name == DescriptorEncoder.name and not stored.count_rows(cursor, row.name)):
        return None
    return row


def _by_settings(settings: Settings) -> FirstEncoder:
    loaded: LoadedEncoder = load_encoder(settings)
    checkpoint = loaded.encoder.name if settings.encoder == AUTO else settings.encoder
    if Path(checkpoint).expanduser().is_dir():
        checkpoint = str(Path(checkpoint).expanduser().resolve())
    return FirstEncoder(loaded.encoder, checkpoint, loaded.notice)


def _load(row: StoredEncoder, settings: Settings) -> Encoder:
    known = row.name if row.name in KNOWN or row.name == DescriptorEncoder.name else None
    checkpoint = row.checkpoint or known
    if checkpoint is None:
        raise EncoderUnavailable(
            f"Nothing says where the model “{row.label}” is. Start Curate with CURATE_ENCODER set to it once."
        )
    encoder = _load_checkpoint(checkpoint, settings)
    if encoder.name != row.name:
        raise EncoderUnavailable(
            f"The checkpoint {checkpoint} is another one by now than “{row.label}” was embedded with. "
            "Start Curate with CURATE_ENCODER set to it to use it as a new encoder."
        )
    return encoder


def _load_checkpoint(checkpoint: str, settings: Settings) -> Encoder:
    return load_encoder(settings.model_copy(update={"encoder": checkpoint})).encoder


def _loadable() -> list[EncoderOffer]:
    offers = [EncoderOffer(DescriptorEncoder.name, DescriptorEncoder.label, _DESCRIPTOR_WORDS)]
    cached = (name for name in KNOWN if is_on_this_computer(name))
    return offers + [EncoderOffer(name, KNOWN[name][1], _MODEL_WORDS) for name in cached]


def _words(row: StoredEncoder) -> str:
    if row.origin == IMPORT:
        return _IMPORT_WORDS
    return _DESCRIPTOR_WORDS if row.name == DescriptorEncoder.name else _MODEL_WORDS
