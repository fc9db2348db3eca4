"""Reads the files that a component is made of."""

from pathlib import Path


def style(folder: Path) -> str:
    """Return the stylesheet of a component's folder, which has the folder's name."""
    return (folder / f"{folder.name}.css").read_text(encoding="utf-8")


def script(folder: Path, *names: str) -> str:
    """Return the named scripts as one module; `../dom.js` and its like are shared by all components."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
