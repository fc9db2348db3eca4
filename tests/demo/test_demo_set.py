"""The demo data set, drawn small."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.demo import DemoReport, generate_demo
from curate.demo.families import FAMILIES
from curate.demo.families.characters import CHARACTERS
from curate.demo.plan import BLOCK, Role, planned
from curate.errors import InvalidFolder, InvalidParameter, StorageFailed

SIDE = 64
PICTURES = {".jpg", ".png", ".webp"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    """One whole block: every family and every flaw."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, generate_demo(folder, count=BLOCK, side=SIDE, workers=1)


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in PICTURES)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def roles(role: Role) -> list[int]:
    return [index for index in range(BLOCK) if planned(7, index).role is role]


def picture_of(folder: Path, index: int) -> Path:
    return next(path for path in pictures(folder) if path.stem.endswith(f"-{index:05d}"))


def test_as_many_images_are_drawn_as_were_asked_for(demo):
    folder, report = demo
    assert len(pictures(folder)) == report.images == BLOCK


def test_every_family_is_there_in_its_own_folder(demo):
    folder, report = demo
    assert report.families == len(FAMILIES) >= 12
    assert all(pictures(folder / family.folder) for family in FAMILIES)


def test_every_image_opens_and_has_the_asked_for_longer_side(demo):
    folder, _ = demo
    originals = [path for path in pictures(folder) if path.parent.name != "downloads"]
    for path in originals:
        with Image.open(path) as image:
            image.load()
            assert max(image.size) == SIDE, path


def test_aspect_ratios_differ(demo):
    folder, _ = demo
    sizes = {Image.open(path).size for path in pictures(folder)}
    assert any(w > h for w, h in sizes)
    assert any(w < h for w, h in sizes)
    assert any(w == h for w, h in sizes)


def test_originals_have_a_caption_of_one_sentence_line_and_downloads_have_none(demo):
    folder, _ = demo
    for path in pictures(folder):
        sidecar = path.with_suffix(".txt")
        if path.parent.name == "downloads":
            assert not sidecar.exists()
        else:
            (line,) = sidecar.read_text(encoding="utf-8").splitlines()
            assert len(line.split()) >= 8, line
            assert line.endswith("."), line


def test_metadata_sidecars_hold_plain_text_and_portraits_name_one_of_the_cast(demo):
    folder, _ = demo
    sidecars = list(folder.rglob("*.json"))
    assert len(sidecars) > len(FAMILIES)
    for path in sidecars:
        data = json.loads(path.read_text(encoding="utf-8"))
        assert data
        assert all(isinstance(value, str) and value for value in data.values())
    cast = {person.name for person in CHARACTERS}
    portraits = list((folder / "people/portraits").glob("*.json"))
    assert portraits
    for path in portraits:
        data = json.loads(path.read_text(encoding="utf-8"))
        assert data["actor"] in cast
        assert data["style"]
        assert data["actor"] in path.with_suffix(".txt").read_text(encoding="utf-8")


def test_exact_duplicates_are_the_same_bytes_and_nothing_else_is(demo):
    folder, report = demo
    copies = roles(Role.EXACT_COPY)
    assert len(copies) == report.exact_duplicates > 0
    for index in copies:
        source = planned(7, index).source
        assert picture_of(folder, index).read_bytes() == picture_of(folder, source).read_bytes()
    distinct = {path.read_bytes() for path in pictures(folder)}
    assert len(distinct) == BLOCK - len(copies)


def test_near_duplicates_look_like_their_source_but_are_smaller(demo):
    folder, report = demo
    copies = roles(Role.NEAR_COPY)
    assert len(copies) == report.near_duplicates > 0
    for index in copies:
        source = picture_of(folder, planned(7, index).source)
        with Image.open(picture_of(folder, index)) as copy, Image.open(source) as original:
            assert copy.width < original.width
            ground = Image.new("RGBA", original.size, (255, 255, 255, 255))
            ground.alpha_composite(original.convert("RGBA"))
            small = [
                np.asarray(image.convert("L").resize((8, 8), Image.Resampling.BOX), float) for image in (copy, ground)
            ]
        assert np.abs(small[0] - small[1]).mean() < 24


def test_dark_images_are_very_dark(demo):
    folder, report = demo
    assert len(roles(Role.DARK)) == report.dark > 0
    for index in roles(Role.DARK):
        assert np.asarray(Image.open(picture_of(folder, index)).convert("L")).mean() < 40


def test_blurred_images_are_counted(demo):
    _, report = demo
    assert report.blurred == len(roles(Role.BLURRED)) > 0


def test_a_larger_set_holds_see_through_pictures(tmp_path):
    generate_demo(tmp_path, count=3 * BLOCK, side=32)
    images = [Image.open(path) for path in pictures(tmp_path)]
    clear = [image for image in images if image.mode == "RGBA"]
    assert clear
    assert all(image.format == "PNG" and image.getextrema()[3] == (0, 255) for image in clear)
    assert {image.format for image in images} == {"JPEG", "PNG", "WEBP"}


def test_drawing_again_writes_the_same_bytes_whatever_the_number_of_workers(demo, tmp_path):
    folder, _ = demo
    generate_demo(tmp_path, count=BLOCK, side=SIDE, workers=2)
    assert digests(tmp_path) == digests(folder)
    generate_demo(tmp_path, count=BLOCK, side=SIDE, workers=2)
    assert digests(tmp_path) == digests(folder)


def test_a_smaller_set_is_the_beginning_of_a_larger_one(demo, tmp_path):
    folder, _ = demo
    generate_demo(tmp_path, count=9, side=SIDE)
    assert digests(tmp_path).items() <= digests(folder).items()


def test_another_seed_draws_other_images(demo, tmp_path):
    folder, _ = demo
    generate_demo(tmp_path, count=9, seed=8, side=SIDE)
    here, there = ({path.read_bytes() for path in pictures(each)} for each in (tmp_path, folder))
    assert not here & there


def test_progress_counts_every_image_up_to_the_whole(tmp_path):
    seen: list[tuple[int, int]] = []
    generate_demo(tmp_path, count=40, side=32, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 40) for done in range(1, 41)]


def test_an_exception_from_progress_stops_the_work_and_leaves_whole_files_only(tmp_path):
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Enough

    with pytest.raises(Enough):
        generate_demo(tmp_path, count=400, side=SIDE, workers=2, progress=stop)
    drawn = pictures(tmp_path)
    assert 3 <= len(drawn) < 400
    for path in drawn:
        Image.open(path).load()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"seed": -1}, {"side": 8}])
def test_numbers_out_of_range_are_refused_with_a_sentence(tmp_path, wrong):
    with pytest.raises(InvalidParameter, match=str(next(iter(wrong.values())))):
        generate_demo(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(InvalidFolder, match="file"):
        generate_demo(tmp_path / "file", count=1, side=32)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path, workers):
    for family in FAMILIES:
        top = tmp_path / family.folder.split("/")[0]
        top.write_text("in the way")
    with pytest.raises(StorageFailed, match="could not be written"):
        generate_demo(tmp_path, count=40, side=32, workers=workers)
