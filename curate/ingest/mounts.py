"""On what kind of drive a folder is."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_SILENT = re.compile(r"nfs|cifs|smb|9p|afs|ceph|gluster|lustre|drvfs|vboxsf|virtiofs|fuse\.")
"""File systems whose other users' changes the system isn't told of."""


def tells_of_changes(folder: str, mounts: Path = _MOUNTS) -> bool:
    """Whether the system says what changes in a folder: not on network drives and the like."""
    real = os.path.realpath(folder)
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return True  # no Linux: its other systems tell of network drives too
    kind, longest = "", -1
    for line in lines:
        _, place, system = line.split(" ")[:3]
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place)
        if len(place) >= longest and (real == place or real.startswith(place.rstrip("/") + "/")):
            kind, longest = system, len(place)
    return _SILENT.match(kind) is None
