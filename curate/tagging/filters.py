"""The filter language: `tag:red -tag:blurry cluster:1,2 folder:"day one" caption:dress beach`.

Terms are joined by "and"; several values after one colon mean "any of them"; a minus turns a term round; a bare word
looks in the file name and the caption. A folder stands for its subfolders too. `is:duplicate` keeps
what has exact copies, `copies:ID` an image with its own, `is:caption-conflict` those whose caption file says something
else by now than the person who wrote the caption. The same text works in the pages, the API and the command line.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from curate.errors import InvalidFilter

FIELDS = ("tag", "cluster", "folder", "caption", "name", "format", "is", "copies", "missing", "text")
MISSING_VALUES = ("caption", "tag", "cluster")
IS_VALUES = ("duplicate", "caption-conflict")
MOST_TERMS = 100
MOST_VALUES = 1000
"""In all the terms together: a longer condition takes the database seconds to plan, or is refused by it."""

_TERM = re.compile(
    r'(?P<minus>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<values>(?:"(?:[^"\\]|\\.)*"|[^\s",]+)(?:,(?:"(?:[^"\\]|\\.)*"|[^\s",]+))*)'
)
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s",]+')


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: an image's `field` is any of `values` (or none of them, when `negated`)."""

    field: str
    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        # Without a field, -5 would read as "not 5".
        values = ",".join(
            value if self.field != "text" and re.fullmatch(r"-?\d+", value) else _quoted(value) for value in self.values
        )
        return f"{'-' if self.negated else ''}{'' if self.field == 'text' else self.field + ':'}{values}"


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """A conjunction of terms; without any it keeps every image."""

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the database could not answer in time.

        Raises:
            InvalidFilter: more than `MOST_TERMS` terms, or `MOST_VALUES` values.
        """
        if len(self.terms) > MOST_TERMS or sum(len(term.values) for term in self.terms) > MOST_VALUES:
            raise InvalidFilter(
                f"A filter may have {MOST_TERMS} terms and {MOST_VALUES:,} values in all. Leave some of them out."
            )

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def without(self, term: Term) -> "ImageFilter":
        """Return the filter less one term."""
        return ImageFilter(tuple(other for other in self.terms if other != term))

    def without_field(self, field: str) -> "ImageFilter":
        """Return the filter less every plain term on `field`: what a facet of that field counts within."""
        return ImageFilter(tuple(term for term in self.terms if term.field != field or term.negated))

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values that the plain terms on `field` ask for."""
        return tuple(value for term in self.terms if term.field == field and not term.negated for value in term.values)

    def toggled(self, field: str, value: str) -> "ImageFilter":
        """Return the filter with `value` asked for, or no longer asked for.

        An image has one cluster and one folder, so their values widen one term; tags narrow, a term each.
        """
        if value in self.values(field):
            kept = (_without_value(term, value) if _plain(term, field) else term for term in self.terms)
            return ImageFilter(tuple(term for term in kept if term.values))
        present = next((term for term in self.terms if _plain(term, field)), None)
        if field == "tag" or present is None:
            return ImageFilter((*self.terms, Term(field, (value,))))
        wider = Term(field, (*present.values, value))
        return ImageFilter(tuple(wider if term == present else term for term in self.terms))


EVERYTHING = ImageFilter()


def parse_filter(expression: str) -> ImageFilter:
    """Read a filter expression.

    Raises:
        InvalidFilter: it cannot be read; the message names the place.
    """
    terms = []
    position = 0
    while position < len(expression):
        if expression[position].isspace():
            position += 1
            continue
        match = _TERM.match(expression, position)
        if match is None:
            raise InvalidFilter(
                f"The filter can't be read from character {position + 1}, “{expression[position : position + 12]}”. "
                'Write terms such as tag:red or folder:"day one".',
                position,
            )
        terms.append(_term(match))
        position = match.end()
    return ImageFilter(tuple(terms))


def as_sql(image_filter: ImageFilter) -> tuple[str, list[object]]:
    """Return a condition on `images AS i` and the values of its parameters.

    The query must offer `current_points` (image_id, cluster_id): the newest run's map points.
    """
    conditions: list[str] = ["i.missing_since IS NULL"]
    parameters: list[object] = []
    for term in image_filter.terms:
        condition, values = _CONDITIONS[term.field](term.values)
        conditions.append(f"NOT ({condition})" if term.negated else condition)
        parameters += values
    return " AND ".join(conditions), parameters


def _term(match: re.Match[str]) -> Term:
    field = (match["field"] or "text").lower()
    values = tuple(_unquoted(value) for value in _VALUE.findall(match["values"]))
    if field not in FIELDS:
        raise InvalidFilter(
            f"“{match['field']}” is not something to filter by. Use one of {', '.join(FIELDS[:-2])}.", match.start()
        )
    if field == "cluster" and not all(re.fullmatch(r"-?\d{1,9}", value) for value in values):
        given = ",".join(values)[:60]
        raise InvalidFilter(f"A cluster is a number, but the filter says cluster:{given}.", match.start())
    if field == "missing" and not set(values) <= set(MISSING_VALUES):
        raise InvalidFilter(f"missing: takes one of {', '.join(MISSING_VALUES)}.", match.start())
    if field == "is" and not set(values) <= set(IS_VALUES):
        raise InvalidFilter(f"is: takes one of {', '.join(IS_VALUES)}.", match.start())
    return Term(field, values, bool(match["minus"]))


def _plain(term: Term, field: str) -> bool:
    return term.field == field and not term.negated


def _without_value(term: Term, value: str) -> Term:
    return Term(term.field, tuple(other for other in term.values if other != value))


def _quoted(value: str) -> str:
    if re.fullmatch(r'[^\s",:\\-][^\s",:\\]*', value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _with_tag(values: tuple[str, ...]) -> tuple[str, list[object]]:
    return f"i.id IN (SELECT image_id FROM image_tags WHERE tag IN ({_marks(values)}))", list(values)


def _in_cluster(values: tuple[str, ...]) -> tuple[str, list[object]]:
    numbers: list[object] = [int(value) for value in values]
    return f"i.id IN (SELECT image_id FROM current_points WHERE cluster_id IN ({_marks(numbers)}))", numbers


def _in_folder(values: tuple[str, ...]) -> tuple[str, list[object]]:
    """A folder and all below it, by either system's separator; the root is all separator."""
    conditions = " OR ".join(
        r"i.folder = ? OR starts_with(i.folder, ? || '/') OR starts_with(i.folder, ? || '\')" for _ in values
    )
    folders = [folder.rstrip("/\\") for folder in values]
    return f"({conditions})", [value for folder in folders for value in (folder, folder, folder)]


def _contains(column: str, values: tuple[str, ...]) -> tuple[str, list[object]]:
    conditions = " OR ".join(f"contains(lower({column}), lower(?))" for _ in values)
    return f"({conditions})", list(values)


def _caption_has(values: tuple[str, ...]) -> tuple[str, list[object]]:
    condition, parameters = _contains("c.text", values)
    return f"i.id IN (SELECT c.image_id FROM captions c WHERE {condition})", parameters


def _anywhere(values: tuple[str, ...]) -> tuple[str, list[object]]:
    name, first = _contains("i.name", values)
    caption, second = _caption_has(values)
    return f"({name} OR {caption})", first + second


def _lacks(values: tuple[str, ...]) -> tuple[str, list[object]]:
    sources = {
        "caption": "captions WHERE text <> ''",
        "tag": "image_tags",
        "cluster": "current_points WHERE cluster_id >= 0",
    }
    conditions = " OR ".join(f"i.id NOT IN (SELECT image_id FROM {sources[value]})" for value in values)
    return f"({conditions})", []


def _has_format(values: tuple[str, ...]) -> tuple[str, list[object]]:
    return f"lower(i.format) IN ({_marks(values)})", [value.lower() for value in values]


def _is(values: tuple[str, ...]) -> tuple[str, list[object]]:
    kinds = {
        "duplicate": "i.content_hash IN (SELECT content_hash FROM images WHERE missing_since IS NULL"
        " GROUP BY content_hash HAVING count(*) > 1)",
        "caption-conflict": "i.id IN (SELECT image_id FROM captions WHERE file_text IS NOT NULL)",
    }
    return f"({' OR '.join(kinds[value] for value in values)})", []


def _same_file_as(values: tuple[str, ...]) -> tuple[str, list[object]]:
    """The images with these ids, and their exact copies."""
    return f"i.content_hash IN (SELECT content_hash FROM images WHERE id IN ({_marks(values)}))", list(values)


_CONDITIONS = {
    "tag": _with_tag,
    "cluster": _in_cluster,
    "folder": _in_folder,
    "caption": _caption_has,
    "name": lambda values: _contains("i.name", values),
    "format": _has_format,
    "is": _is,
    "copies": _same_file_as,
    "missing": _lacks,
    "text": _anywhere,
}
