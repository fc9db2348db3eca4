"""The colours of clusters: the same cluster has the same colour on the map, in lists and on tiles.

Twenty colours chosen in OKLCH, each as far as can be from those before it, to eyes with full colour vision and with
protanopia and deuteranopia (simulated after Machado et al. 2009); lightness differs between neighbours in the list.
Every colour has a lighter, softer form of the same hue for dark pages.
"""

from curate.models import NOISE

LIGHT = (
    "#2378c2", "#c2352b", "#f68c11", "#cb89fa", "#37c695", "#714c6e", "#528162", "#11a1b4", "#4246c2", "#b15900",
    "#9174f9", "#ad459b", "#e5518a", "#86269b", "#d4af12", "#3fbfcc", "#a2b563", "#3d6646", "#4b66e2", "#a38c5d",
)  # fmt: skip
DARK = (
    "#569ee5", "#e2604f", "#ffb577", "#deb3fe", "#6ae2b2", "#9a7596", "#7aa688", "#56c2d3", "#6775ea", "#d58244",
    "#afa0ff", "#d370bf", "#fd82ac", "#b05ac3", "#efd25a", "#6edae7", "#bfd186", "#678e6f", "#7291fe", "#c3ad81",
)  # fmt: skip
OTHER = {False: "#8f8f8c", True: "#8d8d8f"}
"""Clusters after the twentieth, for a light and a dark page."""
UNCLUSTERED = {False: "#c4c4c0", True: "#58585b"}
"""Images in no cluster."""


def cluster_colour(cluster_id: int, dark: bool = False) -> str:
    """Return the colour of a cluster, "#rrggbb"; clusters are numbered from 0 by falling size."""
    colours = DARK if dark else LIGHT
    if cluster_id == NOISE:
        return UNCLUSTERED[dark]
    return colours[cluster_id] if cluster_id < len(colours) else OTHER[dark]


def palette(dark: bool) -> list[str]:
    """Return all 22 colours: the twenty, then that of other clusters, then that of images in none."""
    return [*(DARK if dark else LIGHT), OTHER[dark], UNCLUSTERED[dark]]
