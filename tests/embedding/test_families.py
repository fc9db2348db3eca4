"""Every family of models, held equal to transformers' own processors, tokenizers and features."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from curate.embedding.clip import ClipEncoder
from tests.embedding.pictures import SIZES, noise
from tests.embedding.tiny_models import FAMILIES, SIGLIP_TEXT_LENGTH

TEXTS = ["a cat", "dog", "a dog and a cat", ""]


@dataclass(frozen=True)
class Family:
    """One family's tiny checkpoint, as we load it and as transformers does."""

    name: str
    folder: Path
    encoder: ClipEncoder
    model: Any

    @property
    def is_siglip(self) -> bool:
        return self.name in ("siglip", "siglip2", "naflex")

    def processed(self, images: list[Image.Image]) -> Any:
        """What transformers' processor, in its Pillow and NumPy form, makes of images."""
        return AutoImageProcessor.from_pretrained(self.folder, backend="pil")(images, return_tensors="pt")

    def tokens(self, texts: list[str]) -> Any:
        """What transformers' tokenizer makes of texts, padded as the family's documentation asks for."""
        padding = {"padding": "max_length", "max_length": SIGLIP_TEXT_LENGTH} if self.is_siglip else {"padding": True}
        return AutoTokenizer.from_pretrained(self.folder)(texts, return_tensors="pt", **padding)


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    folder = tmp_path_factory.mktemp("checkpoints") / request.param
    FAMILIES[request.param](folder)
    encoder = ClipEncoder.load(str(folder), "cpu", precision="float32")
    return Family(request.param, folder, encoder, AutoModel.from_pretrained(folder, dtype=torch.float32).eval())


def unit(features: Any) -> np.ndarray:
    return torch.nn.functional.normalize(features.pooler_output, dim=-1).numpy()


def test_the_model_inputs_equal_those_of_transformers(family: Family) -> None:
    for size in SIZES:
        prepared = family.encoder.preparation.prepare(noise(*size))
        theirs = family.processed([noise(*size)])

        ours = family.encoder.image_inputs([prepared])

        assert set(ours) == set(theirs)
        for name, expected in theirs.items():
            np.testing.assert_allclose(ours[name], expected, rtol=1e-5, atol=1e-5, err_msg=f"{name} of {size}")


def test_image_vectors_equal_those_of_transformers(family: Family) -> None:
    images = [noise(*size) for size in SIZES]
    with torch.inference_mode():
        expected = unit(family.model.get_image_features(**family.processed(images)))

    vectors = family.encoder.embed_images([family.encoder.preparation.prepare(image) for image in images])

    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 5e-4, "all images look the same to this model: nothing is tested"


def test_text_vectors_equal_those_of_transformers(family: Family) -> None:
    with torch.inference_mode():
        expected = unit(family.model.get_text_features(**family.tokens(TEXTS)))

    vectors = family.encoder.embed_texts(TEXTS)

    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 5e-4, "all texts look the same to this model: nothing is tested"


def test_vectors_have_the_dimension_that_the_encoder_promises(family: Family) -> None:
    assert family.encoder.embed_texts(["a cat"]).shape == (1, family.encoder.dimension)
    assert family.encoder.embed_images([]).shape == (0, family.encoder.dimension)


def test_a_text_longer_than_the_model_reads_is_cut(family: Family) -> None:
    long, longer = family.encoder.embed_texts(["cat " * 80, "cat " * 90])

    np.testing.assert_allclose(long, longer, atol=1e-6)


def test_siglip_reads_capitals_as_it_was_trained_to(family: Family) -> None:
    if not family.is_siglip:
        pytest.skip("this family tells capitals apart as it likes")

    capital, small = family.encoder.embed_texts(["A CAT", "a cat"])

    np.testing.assert_allclose(capital, small, atol=1e-6)


def test_half_precision_gives_nearly_the_same_vectors(family: Family) -> None:
    half = ClipEncoder.load(str(family.folder), "cpu", precision="bfloat16")
    prepared = [half.preparation.prepare(noise(*size)) for size in SIZES]

    cosines = (half.embed_images(prepared) * family.encoder.embed_images(prepared)).sum(axis=1)

    assert cosines.min() > 0.99
