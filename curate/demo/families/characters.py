"""The invented people of the portraits: each keeps a face, a hair style and something to know them by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Character:
    """How one person always looks; colours as hexadecimal words."""

    name: str
    looks: str
    skin: str
    hair: str
    cut: str
    """`bob`, `long`, `curls`, `short`, `bun`, `bald` or `beanie`."""
    eyes: str
    clothes: str
    """Three colours that this person likes to wear."""
    width: float = 1.0
    """Of the face, against the usual."""
    beard: bool = False
    glasses: bool = False
    earrings: bool = False
    freckles: bool = False


CHARACTERS = (
    Character(
        "Mira Solano",
        "a woman with a black bob and gold earrings",
        "d9a27c",
        "221c26",
        "bob",
        "4a3424",
        "c8553d e2a73b 7a2f4a",
        earrings=True,
    ),
    Character(
        "Tobias Renn",
        "a red-bearded man in a woollen beanie",
        "f0c8a8",
        "b0562c",
        "beanie",
        "5f8a94",
        "2f4a5c 8a9a5b d9c8a8",
        1.06,
        beard=True,
    ),
    Character(
        "Ayo Bankole",
        "a woman with a wide halo of dark curls",
        "7a4a32",
        "1e1616",
        "curls",
        "2a1c16",
        "e8b04a 2f8a86 f0e6d2",
        0.98,
        earrings=True,
    ),
    Character(
        "Hana Whitlock",
        "a grey-haired woman with round glasses",
        "f0d4c0",
        "b9b9c2",
        "bun",
        "5a6a7a",
        "5f3a56 8fa9b5 3a4a5c",
        0.98,
        glasses=True,
    ),
    Character(
        "Leo Castellan",
        "a young man with short brown hair and freckles",
        "eebf9a",
        "6a4128",
        "short",
        "5a7a4a",
        "3f6650 e07a5f f2e6cf",
        freckles=True,
    ),
    Character(
        "Ines Valko",
        "a woman with long copper hair",
        "f5d6c2",
        "b5502a",
        "long",
        "4a7a6a",
        "1f4f55 e6c88f 8a3a3f",
        0.95,
        freckles=True,
    ),
    Character(
        "Samir Odell",
        "a bald man with a full dark beard",
        "a8714a",
        "2a1e1c",
        "bald",
        "3a2a1e",
        "2a2c3a c98a2e 6a7a86",
        1.05,
        beard=True,
    ),
    Character(
        "Noor Aldane",
        "a young woman with long black hair and glasses",
        "c68c64",
        "1c1a24",
        "long",
        "3a281c",
        "d98f9a 34507f f4ead8",
        0.96,
        glasses=True,
    ),
)
