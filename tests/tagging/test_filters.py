import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InvalidFilter
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.tagging.filters import FIELDS, MOST_TERMS, MOST_VALUES, ImageFilter, Term, parse_filter
from curate.tagging.service import TaggingService
from tests.store.catalogue import add_images, add_run


@pytest.fixture(autouse=True)
def _pictures(database: Database, tagging: TaggingService) -> None:
    add_images(database, ["a1", "a2"], folder="/pictures/a")
    add_images(database, ["b1", "b2"], folder="/pictures/b")
    add_images(database, ["deep"], folder="/pictures/a/deep")
    add_run(database, {"a1": 0, "a2": 0, "b1": 1, "b2": -1})
    tagging.apply(["a1", "b1"], "red")
    tagging.apply(["b1", "b2"], "blurry")
    with database.write() as cursor:
        cursor.execute(
            "INSERT INTO captions (image_id, text, origin, updated_at)"
            " VALUES ('a2', 'A Red Dress', 'sidecar', '2026-01-01')"
        )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ["a1", "a2", "b1", "b2", "deep"]),
        ("tag:red", ["a1", "b1"]),
        ("tag:red -tag:blurry", ["a1"]),
        ("tag:red tag:blurry", ["b1"]),
        ("tag:red,blurry", ["a1", "b1", "b2"]),
        ("cluster:0", ["a1", "a2"]),
        ("cluster:0,1", ["a1", "a2", "b1"]),
        ("cluster:-1", ["b2"]),
        ("folder:/pictures/a", ["a1", "a2", "deep"]),
        ("folder:/pictures/a/", ["a1", "a2", "deep"]),
        ("folder:/", ["a1", "a2", "b1", "b2", "deep"]),
        ('folder:"/pictures/b"', ["b1", "b2"]),
        ('caption:"red dress"', ["a2"]),
        ("dress", ["a2"]),
        ("b1", ["b1"]),
        ("missing:caption", ["a1", "b1", "b2", "deep"]),
        ("missing:tag", ["a2", "deep"]),
        ("-missing:cluster", ["a1", "a2", "b1"]),
        ("format:jpeg", ["a1", "a2", "b1", "b2", "deep"]),
        ("tag:nothing", []),
    ],
)
def test_a_filter_keeps_the_images_it_names(images: ImageStore, expression: str, expected: list[str]) -> None:
    image_filter = parse_filter(expression)

    assert images.find(image_filter) == expected
    assert images.count(image_filter) == len(expected)


@pytest.mark.parametrize("expression", ["colour:red", "cluster:first", "missing:head", 'tag:"open', "tag:,", ", ,"])
def test_a_filter_that_cannot_be_read_says_where(expression: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_filter(expression)

    assert 0 <= caught.value.position < len(expression)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("value", ["'; DROP TABLE images; --", '"', "a,b", "-x", "cluster:1", "50 %", "\\", "ÄÖ 猫"])
def test_any_tag_can_be_filtered_by(images: ImageStore, tagging: TaggingService, value: str) -> None:
    tagging.apply(["b2"], value)

    image_filter = ImageFilter().toggled("tag", value)

    assert images.find(parse_filter(str(image_filter))) == ["b2"]


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.integers().map(str)
TERMS = st.builds(
    Term,
    st.sampled_from([field for field in FIELDS if field not in ("cluster", "is", "missing")]),
    st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)


@given(st.lists(TERMS, max_size=4))
def test_a_filter_written_out_and_read_again_is_the_same(terms: list[Term]) -> None:
    image_filter = ImageFilter(tuple(terms))

    assert parse_filter(str(image_filter)) == image_filter


def test_toggling_clusters_widens_and_toggling_tags_narrows() -> None:
    image_filter = ImageFilter().toggled("cluster", "1").toggled("cluster", "2").toggled("tag", "a").toggled("tag", "b")

    assert str(image_filter) == "cluster:1,2 tag:a tag:b"
    assert str(image_filter.toggled("cluster", "1").toggled("tag", "a")) == "cluster:2 tag:b"


def test_facets_count_what_the_filter_keeps_beside_all(images: ImageStore) -> None:
    tags = {count.value: (count.selected, count.total) for count in images.facet("tag", parse_filter("tag:red"))}
    clusters = {
        count.label: (count.selected, count.total)
        for count in images.facet("cluster", parse_filter("cluster:0 tag:red"))
    }

    assert tags == {"red": (2, 2), "blurry": (1, 2)}
    assert clusters == {"Cluster 0": (1, 2), "Cluster 1": (1, 1), "No cluster": (0, 1)}


def test_the_catalogue_can_be_paged_and_sorted(images: ImageStore) -> None:
    assert images.find(limit=2, offset=1) == ["a2", "b1"]
    assert images.find(sort="newest", limit=1) == ["deep"]


def test_a_number_below_zero_is_looked_for_and_not_ruled_out() -> None:
    assert parse_filter(str(ImageFilter((Term("text", ("-5",)),)))).terms == (Term("text", ("-5",)),)
    assert str(ImageFilter((Term("cluster", ("-1",)),))) == "cluster:-1"


@pytest.mark.parametrize("expression", ["word " * (MOST_TERMS + 1), "tag:" + "x," * MOST_VALUES + "x"])
def test_a_filter_that_would_take_too_long_is_refused(expression: str) -> None:
    with pytest.raises(InvalidFilter, match="100 terms and 1,000 values"):
        parse_filter(expression)


@pytest.mark.parametrize("expression", ["word " * MOST_TERMS, "word" + ",x" * (MOST_VALUES - 1)])
def test_the_longest_filter_is_answered(images: ImageStore, expression: str) -> None:
    assert images.count(parse_filter(expression)) in range(6)


def test_a_folder_counts_what_filtering_by_it_keeps(images: ImageStore, database: Database) -> None:
    add_images(database, ["w1"], folder="C:\\Pictures")
    add_images(database, ["w2"], folder="C:\\Pictures\\2024")
    add_images(database, ["a-b"], folder="/pictures/a-b")

    counted = {count.value: count.total for count in images.facet("folder")}

    assert counted["/pictures/a"] == 3
    assert counted["C:\\Pictures"] == 2
    assert counted == {folder: images.count(ImageFilter((Term("folder", (folder,)),))) for folder in counted}
