"""Preparations travel to the processes that decode files, which load neither torch nor transformers."""

import io
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.embedding.descriptor import DescriptorPreparation
from curate.embedding.encoder import Preparation
from curate.embedding.patches import PatchPreprocessing
from curate.embedding.preprocessing import SIGLIP_DEFAULTS, Preprocessing
from curate.ingest.decode import model_input
from tests.builders import picture

ROOT = Path(__file__).parents[2]

PREPARE = """
import pickle, sys
import numpy as np
from PIL import Image

preparation = pickle.load(sys.stdin.buffer)
pixels = np.arange(90 * 60 * 3, dtype=np.uint8).reshape(60, 90, 3)
prepared = preparation.prepare(Image.fromarray(pixels))
assert not {"torch", "transformers"} & set(sys.modules), "a model's library was loaded"
sys.stdout.write(f"{prepared.dtype} {prepared.shape}")
"""


@pytest.mark.parametrize(
    ("preparation", "expected"),
    [
        (Preprocessing.from_config({}), "uint8 (3, 224, 224)"),
        (PatchPreprocessing.from_config({}), "uint8 (13, 19, 768)"),
        (DescriptorPreparation(), "float32 (368,)"),
    ],
    ids=["clip", "patches", "descriptor"],
)
def test_a_preparation_works_in_another_process_without_the_model_libraries(
    preparation: Preparation, expected: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE], input=pickle.dumps(preparation), capture_output=True, cwd=ROOT, timeout=60
    )

    assert done.stdout.decode() == expected, done.stderr.decode()


@pytest.mark.parametrize(
    "preparation",
    [Preprocessing.from_config({}, SIGLIP_DEFAULTS), PatchPreprocessing.from_config({})],
    ids=["siglip", "patches"],
)
def test_models_without_a_crop_see_a_strip_from_end_to_end(preparation: Preparation) -> None:
    strip = Image.new("RGB", (2000, 40))
    strip.paste("white", (0, 0, 100, 40))
    strip.paste("white", (1900, 0, 2000, 40))
    file = io.BytesIO()
    strip.save(file, "PNG")

    prepared = model_input(file.getvalue(), "strip.png", preparation)

    across = np.moveaxis(prepared, 1, 0) if prepared.ndim == 3 and prepared.shape[2] == 768 else prepared.T
    assert across[0].min() == across[-1].min() == 255
    assert across[len(across) // 2].max() == 0


def test_a_pickled_preparation_does_the_same() -> None:
    preparation = Preprocessing.from_config({"size": 40, "crop_size": 32, "image_mean": [0.5] * 3})

    copy = pickle.loads(pickle.dumps(preparation))

    assert copy == preparation
    np.testing.assert_array_equal(copy.prepare(picture(1)), preparation.prepare(picture(1)))
