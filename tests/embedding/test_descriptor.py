"""The built-in descriptor: what looks alike is near, what doesn't isn't."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from curate.embedding.descriptor import DescriptorEncoder
from curate.errors import TextNotSupported
from curate.ingest.decode import read_upright
from tests.builders import picture
from tests.real_data import labels, real_data

Real = tuple[list[dict[str, str]], np.ndarray]

ENCODER = DescriptorEncoder()


def vectors_of(*images: Image.Image) -> np.ndarray:
    return ENCODER.embed_images([ENCODER.preparation.prepare(image) for image in images])


def test_vectors_are_unit_float32_whatever_the_image() -> None:
    vectors = vectors_of(
        picture(),
        picture(1, 31, 400),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (300, 200), "white"),
        Image.new("RGB", (9000, 3), "red"),
    )

    assert vectors.dtype == np.float32
    assert vectors.shape == (5, ENCODER.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_images_give_no_vectors() -> None:
    assert ENCODER.embed_images([]).shape == (0, ENCODER.dimension)


def test_a_vector_does_not_depend_on_the_other_images() -> None:
    together = vectors_of(*(picture(seed) for seed in range(6)))

    np.testing.assert_array_equal(together[3], vectors_of(picture(3))[0])


def test_a_resized_image_stays_near_and_another_one_does_not() -> None:
    original, resized, mirrored, other = vectors_of(
        picture(0, 480, 320), picture(0, 120, 80), ImageOps.mirror(picture(0, 480, 320)), picture(1, 480, 320)
    )

    assert original @ resized > 0.95
    assert original @ resized > original @ mirrored > original @ other


def test_plain_images_are_told_apart_by_colour() -> None:
    white, nearly_white, black, red = vectors_of(
        *(Image.new("RGB", (90, 60), colour) for colour in ("white", (248, 248, 248), "black", "red"))
    )

    assert white @ nearly_white > 0.95
    assert max(white @ black, white @ red, black @ red) < 0.5


def test_text_is_refused_with_what_to_do() -> None:
    with pytest.raises(TextNotSupported, match="CURATE_ENCODER"):
        ENCODER.embed_texts(["a cat"])


@pytest.fixture(scope="module")
def real() -> Real:
    """The labels of all real images and their cosines, each with itself set to -1."""
    folder = real_data("real")
    rows = labels(folder)
    images = (read_upright(folder / row["path"], ENCODER.preparation.input_side) for row in rows)
    vectors = ENCODER.embed_images([ENCODER.preparation.prepare(image) for image in images])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return rows, cosines


def test_the_nearest_garment_is_of_the_same_kind_more_often_than_not(real: Real) -> None:
    rows, cosines = real
    clothes = [number for number, row in enumerate(rows) if row["path"].startswith("clothing/")]
    kinds = np.array([rows[number]["label"] for number in clothes])

    nearest = cosines[np.ix_(clothes, clothes)].argmax(axis=1)

    assert (kinds[nearest] == kinds).mean() > 0.5


def test_the_nearest_image_is_another_version_of_the_same_one(real: Real) -> None:
    rows, cosines = real
    groups = np.array([row["group"] for row in rows])
    grouped = [number for number, group in enumerate(groups) if group]

    found = groups[cosines[grouped].argmax(axis=1)] == groups[grouped]

    assert found.mean() > 0.97


def test_unrelated_images_have_cosines_near_zero(real: Real) -> None:
    _, cosines = real

    assert abs(np.median(cosines)) < 0.2
    assert np.quantile(cosines, 0.99) < 0.7
