"""Name clusters by the words that set each apart from the others."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from curate.models import NOISE

LONGEST_NAME = 3
"""Words."""

SAMPLE = 400
"""Images of a cluster whose words are read: enough to tell, and quick for a huge one."""

LEAST_SHARE = 0.15
"""Of a cluster's images that must have a word for it to name them all."""

LEAST_LIFT = 1.3
"""How many times more frequent a word must be within a cluster than overall."""

NEARLY_AS_FREQUENT = 0.6
"""A longer phrase is the better name where it still stands for this share of the shorter one's images."""

PICTURE_WORDS = frozenset({"photo", "photograph", "image", "picture", "img", "jpg", "jpeg", "png", "webp", "dataset"})
STOP_WORDS = ENGLISH_STOP_WORDS | PICTURE_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NAMEABLE = re.compile(r"([^\W\d_]{2,24}(?:['’][^\W\d_]+)?)\d{0,3}")
_JOINT = re.compile(r"[ _-]*")

Term = tuple[str, ...]
"""Lower-case words in the singular: what counts as the same."""


def cluster_names(texts: Sequence[Sequence[str]], cluster_ids: np.ndarray) -> list[str]:
    """Return a name for each cluster from 0 on, of one to three words and unique; "Group 7" where no word fits.

    `texts[i]` is what is written about image i: captions, tags, metadata values, folder names. `cluster_ids` is (N,).

    Words are weighed by class-based TF-IDF (Grootendorst 2022), each counted once an image: the share of a cluster's
    images that have it, times log(1 + A / f), where f is in how many images it is and A is a cluster's mean size.
    """
    groups = [
        _Words(texts, np.flatnonzero(cluster_ids == group))
        for group in range(NOISE, int(max(cluster_ids, default=NOISE)) + 1)
    ]
    overall: Counter[Term] = Counter()
    for group in groups:
        overall.update({term: group.share(term) * group.size for term in group.counts})
    names: list[str] = []
    for number, group in enumerate(groups[1:], start=1):
        best = group.best(overall, images=len(cluster_ids), mean_size=len(cluster_ids) / max(len(groups) - 1, 1))
        names.append(_unused(best, names) or f"Group {number}")
    return names


class _Words:
    """The words of one cluster: in how many of its images each term is, and how it is mostly written."""

    def __init__(self, texts: Sequence[Sequence[str]], members: np.ndarray) -> None:
        self.size = len(members)
        self.counts: Counter[Term] = Counter()
        self._written: defaultdict[Term, Counter[str]] = defaultdict(Counter)
        read = members[:: max(1, math.ceil(len(members) / SAMPLE))]
        self._read = len(read)
        for image in read:
            terms = {term: written for text in texts[image] for term, written in _terms(text)}
            self.counts.update(terms.keys())
            for term, written in terms.items():
                self._written[term][written] += 1

    def share(self, term: Term) -> float:
        """Return the share of the cluster's images that have a term, 0 to 1."""
        return self.counts[term] / self._read

    def best(self, overall: Counter[Term], images: int, mean_size: float) -> list[str]:
        """Return the names that fit, best first, as they are written."""
        fitting = {
            term: self.share(term) * math.log1p(mean_size / overall[term])
            for term, count in self.counts.items()
            if self.share(term) >= LEAST_SHARE
            and count >= min(2, self.size)
            and (self.share(term) >= LEAST_LIFT * overall[term] / images or self.size == images)
        }
        ranked = sorted(fitting, key=lambda term: (-fitting[term], -len(term), term))
        return [self._display(term) for term in dict.fromkeys(self._longest(term, ranked) for term in ranked)]

    def _longest(self, term: Term, ranked: list[Term]) -> Term:
        """Return the longest phrase around a term that stands for nearly as many images."""
        enough = NEARLY_AS_FREQUENT * self.counts[term]
        around = [other for other in ranked if self.counts[other] >= enough and _within(term, other)]
        return max(around, key=lambda other: (len(other), self.counts[other]))

    def _display(self, term: Term) -> str:
        written = self._written[term]
        usual = max(written, key=lambda form: (written[form], form))
        return usual[0].upper() + usual[1:]


def _unused(best: list[str], taken: list[str]) -> str | None:
    """Return the best name; where another cluster has it, with a second word, and else with a number."""
    used = {name.casefold() for name in taken}
    if not best:
        return None
    words = set(best[0].casefold().split())
    apart = [other for other in best[1:] if not words & set(other.casefold().split())]
    short = [other for other in apart if len(words) + len(other.split()) <= LONGEST_NAME]
    wished = [best[0], *(f"{best[0]}, {other[0].lower()}{other[1:]}" for other in short)]
    numbered = (f"{best[0]} {number}" for number in range(2, len(taken) + 3))
    return next(name for name in [*wished, *numbered] if name.casefold() not in used)


def _terms(text: str) -> Iterator[tuple[Term, str]]:
    """Yield each run of one to three neighbouring words as what it counts as and as it is written."""
    if "://" in text:
        return
    for words in _runs(text):
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST_NAME, len(words)) + 1):
                written = words[start:end]
                yield tuple(_singular(word.lower()) for word in written), " ".join(written)


def _runs(text: str) -> list[list[str]]:
    """Split a text into runs of words that can be in a name: stop words, numbers and punctuation part them."""
    found = list(_WORD.finditer(text))
    runs: list[list[str]] = [[]]
    end = 0
    for number, match in enumerate(found):
        nameable = _NAMEABLE.fullmatch(match[0])
        if not nameable or nameable[1].lower() in STOP_WORDS or not _JOINT.fullmatch(text, end, match.start()):
            runs.append([])
        end = match.end()
        if nameable and nameable[1].lower() not in STOP_WORDS:
            sentence_start = number == 0 and len(found) > LONGEST_NAME and nameable[1][1:].islower()
            runs[-1].append(nameable[1].lower() if sentence_start else nameable[1])
    return [run for run in runs if run]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _within(term: Term, other: Term) -> bool:
    """Whether a term is a part of another, or the same."""
    return any(other[start : start + len(term)] == term for start in range(len(other) - len(term) + 1))
