"""Decoding: upright, in right colours, or a reason."""

import hashlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from scipy.fft import dct

from curate.embedding.descriptor import DescriptorPreparation
from curate.embedding.preprocessing import Preprocessing
from curate.errors import UnreadableImage
from curate.ingest.decode import DecodedFile, KnownContent, decode, hash_content, model_input, read_upright
from curate.ingest.hashes import perceptual_hash
from curate.ingest.quality import Quality, measure_quality
from curate.ingest.thumbnails import shrunk
from tests.builders import BLUE, GREEN, GREY, RED, picture, png_bytes, quadrants, save_picture
from tests.real_data import labels, real_data

PREPARATION = DescriptorPreparation()
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera with each EXIF orientation stores an upright picture."""


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    width, height = image.size
    places = ((5, 5), (width - 6, 5), (5, height - 6), (width - 6, height - 6))
    return [image.getpixel(place) for place in places]


def assert_quadrants(image: Image.Image, tolerance: int = 12) -> None:
    assert image.mode == "RGB"
    np.testing.assert_allclose(corners(image), [RED, GREEN, BLUE, GREY], atol=tolerance)


def decoded(path: Path) -> DecodedFile:
    file = decode(path, path.name, PREPARATION)
    assert isinstance(file, DecodedFile)
    return file


def reason_for(path: Path, max_megapixels: int = 200) -> str:
    with pytest.raises(UnreadableImage) as raised:
        read_upright(path, max_megapixels=max_megapixels)
    return str(raised.value)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{suffix}"
    (quadrants() if turn is None else quadrants().transpose(turn)).save(path, exif=exif, quality=95)

    image = read_upright(path)
    file = decoded(path)

    assert image.size == (file.width, file.height) == (96, 64)
    assert_quadrants(image, tolerance=40 if suffix == "webp" else 12)
    assert_quadrants(Image.open(io.BytesIO(file.thumbnail)), tolerance=40)


def test_a_big_jpeg_is_decoded_small_but_keeps_its_size_on_record(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    quadrants(1600, 1200).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "big.jpg", exif=exif)

    small = read_upright(tmp_path / "big.jpg", shortest_side=224)
    file = decoded(tmp_path / "big.jpg")

    assert small.size == (400, 300)
    assert_quadrants(small)
    assert (file.width, file.height) == (1600, 1200)
    assert Image.open(io.BytesIO(file.thumbnail)).size == (384, 288)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"subsampling": "4:2:2"}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(("needed", "size"), [(25, (50, 25)), (26, (100, 50)), (75, (150, 75)), (76, (200, 100))])
def test_a_jpeg_decodes_at_every_eighth_to_what_a_full_decode_shrinks_to(
    tmp_path: Path, needed: int, size: tuple[int, int], mode: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "photo.jpg"
    picture(4, 400, 200).convert(mode).save(path, quality=95, **options)

    small = read_upright(path, shortest_side=needed)

    assert small.size == size
    full = read_upright(path).resize(size, Image.Resampling.BOX)
    assert np.abs(np.asarray(small.convert("L"), np.int16) - np.asarray(full.convert("L"))).mean() < 3


def test_three_eighths_of_an_odd_size_are_rounded_up_and_stay_in_place(tmp_path: Path) -> None:
    quadrants(403, 203).save(tmp_path / "odd.jpg", quality=95)

    small = read_upright(tmp_path / "odd.jpg", shortest_side=70)

    assert small.size == (152, 77)
    assert_quadrants(small)


@pytest.mark.parametrize("size", [(1600, 1200), (1080, 1920), (4000, 3000), (700, 650)])
def test_the_models_input_differs_from_that_of_a_full_decode_by_less_than_one_level(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    clip = Preprocessing.from_config({})
    root = real_data("real")
    differences = []
    for row in [row for row in labels(root) if row["path"].startswith("coco/")][:24:4]:
        path = tmp_path / "photo.jpg"
        Image.open(root / row["path"]).convert("RGB").resize(size).save(path, quality=90)
        prepared = decode(path, path.name, clip).prepared.astype(np.int16)  # type: ignore[union-attr]
        differences.append(np.abs(prepared - clip.prepare(Image.open(path).convert("RGB"))).mean())

    assert np.mean(differences) <= 1


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("cmyk.jpg", "CMYK"),
        ("cmyk.tif", "CMYK"),
        ("palette.png", "P"),
        ("palette.gif", "P"),
        ("ycbcr.tif", "YCbCr"),
        ("opaque.png", "RGBA"),
        ("bitmap.bmp", "RGB"),
    ],
)
def test_colours_survive_every_mode(tmp_path: Path, name: str, mode: str) -> None:
    image = quadrants().quantize() if mode == "P" else quadrants().convert(mode)
    image.save(tmp_path / name)

    assert_quadrants(read_upright(tmp_path / name))
    assert not decoded(tmp_path / name).has_alpha


def test_lab_becomes_the_colours_that_it_names(tmp_path: Path) -> None:
    red_in_lab = Image.merge("LAB", [Image.new("L", (8, 8), value) for value in (138, 209, 198)])
    red_in_lab.save(tmp_path / "lab.tif")

    assert read_upright(tmp_path / "lab.tif").getpixel((4, 4)) == pytest.approx((255, 0, 0), abs=6)


def profile_with_red_and_blue_swapped() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_an_embedded_profile_is_converted_to_srgb(tmp_path: Path, name: str) -> None:
    red, green, blue = quadrants().split()
    stored = Image.merge("RGB", (blue, green, red))
    stored.save(tmp_path / name, icc_profile=profile_with_red_and_blue_swapped())

    assert_quadrants(read_upright(tmp_path / name))


def test_a_broken_profile_is_ignored(tmp_path: Path) -> None:
    quadrants().save(tmp_path / "photo.png", icc_profile=b"no profile at all")

    assert_quadrants(read_upright(tmp_path / "photo.png"))


def test_sixteen_bit_grey_keeps_its_range(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, 256).repeat(4, axis=0)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    Image.fromarray(ramp).save(tmp_path / "ramp.tif")

    for name in ("ramp.png", "ramp.tif"):
        red = np.asarray(read_upright(tmp_path / name))[0, :, 0]
        np.testing.assert_array_equal(red, np.arange(256))


def test_sixteen_bit_colour_keeps_its_colours(tmp_path: Path) -> None:
    pixels = (np.asarray(quadrants()).astype(">u2") * 257).tobytes()
    (tmp_path / "deep.png").write_bytes(png_bytes(96, 64, 16, 2, pixels))

    assert_quadrants(read_upright(tmp_path / "deep.png"), tolerance=1)


@pytest.mark.parametrize("scale", [1.0, 255.0, 65535.0])
def test_float_grey_is_scaled_to_its_white(tmp_path: Path, scale: float) -> None:
    ramp = np.linspace(0, scale, 256, dtype=np.float32).reshape(1, 256).repeat(4, axis=0)
    ramp[3, 0] = np.nan
    Image.fromarray(ramp).save(tmp_path / "ramp.tif")

    np.testing.assert_array_equal(np.asarray(read_upright(tmp_path / "ramp.tif"))[0, :, 1], np.arange(256))


def test_black_and_white_stay_black_and_white(tmp_path: Path) -> None:
    image = Image.new("1", (16, 16), 0)
    image.paste(1, (8, 0, 16, 16))
    image.save(tmp_path / "fax.tif", compression="group4")

    upright = read_upright(tmp_path / "fax.tif")

    assert (upright.getpixel((2, 2)), upright.getpixel((12, 2))) == ((0, 0, 0), (255, 255, 255))


def half_transparent(mode: str) -> Image.Image:
    image = quadrants().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 48, 64))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("name", "mode"), [("rgba.png", "RGBA"), ("la.png", "LA"), ("p.gif", "RGBA"), ("a.webp", "RGBA")]
)
def test_transparency_is_white_for_the_model_and_a_checkerboard_in_the_thumbnail(
    tmp_path: Path, name: str, mode: str
) -> None:
    half_transparent(mode).save(tmp_path / name)

    upright = read_upright(tmp_path / name)
    file = decoded(tmp_path / name)
    left_half = np.asarray(Image.open(io.BytesIO(file.thumbnail)).convert("L"))[:, :40]

    assert upright.mode == "RGB"
    assert upright.getpixel((10, 10)) == (255, 255, 255)
    assert file.has_alpha
    assert left_half.min() < 165
    assert 190 < left_half.max() < 225


@pytest.mark.parametrize("name", ["loop.gif", "loop.webp", "loop.png"])
def test_an_animation_is_its_first_frame(tmp_path: Path, name: str) -> None:
    later = [Image.new("RGB", (96, 64), "black"), Image.new("RGB", (96, 64), "yellow")]
    quadrants().save(tmp_path / name, save_all=True, append_images=later, lossless=True)

    assert_quadrants(read_upright(tmp_path / name), tolerance=30)


def test_broken_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    quadrants().save(tmp_path / "photo.jpg", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage")

    assert_quadrants(read_upright(tmp_path / "photo.jpg"))


def test_the_perceptual_hash_is_that_of_imagehash() -> None:
    for seed in range(20):
        image = picture(seed, 300, 200)
        pixels = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
        low = dct(dct(pixels.astype(float), axis=0), axis=1)[:8, :8]
        bits = "".join("1" if bit else "0" for bit in (low > np.median(low)).ravel())

        assert perceptual_hash(image) == int(bits, 2)


def test_a_blurred_picture_is_less_sharp_and_a_dark_one_less_bright(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    sharp = Image.fromarray(noise)
    for name, image in {
        "sharp": sharp,
        "blurred": sharp.resize((20, 20)).resize((200, 200), Image.Resampling.BICUBIC),
        "dark": sharp.point(lambda value: value // 8),
        "flat": Image.new("RGB", (200, 200), "white"),
    }.items():
        image.save(tmp_path / f"{name}.png")
    quality = {name: decoded(tmp_path / f"{name}.png").quality for name in ("sharp", "blurred", "dark", "flat")}

    assert quality["blurred"].sharpness < quality["sharp"].sharpness / 20
    assert quality["dark"].brightness < quality["sharp"].brightness / 4
    assert (quality["flat"].sharpness, quality["flat"].brightness, quality["flat"].contrast) == (0, 1, 0)
    assert 0 < quality["sharp"].contrast < 1


def quality_of(image: Image.Image) -> Quality:
    return measure_quality(shrunk(image))


def framed(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """An image in the middle of a black one, through a JPEG as bars on real pictures are."""
    frame = Image.new("RGB", size, (3, 3, 3))
    frame.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    content = io.BytesIO()
    frame.save(content, "JPEG", quality=85)
    return Image.open(content)


def test_information_is_the_entropy_of_the_lightness_in_bits() -> None:
    greys = np.arange(256, dtype=np.uint8).reshape(16, 16)

    assert quality_of(Image.fromarray(greys)).information == pytest.approx(8)
    assert quality_of(Image.fromarray(greys // 128 * 128)).information == pytest.approx(1)
    assert quality_of(Image.new("RGB", (20, 20), "teal")).information == 0


def test_black_bars_are_measured_by_their_share_of_the_area() -> None:
    photo = picture(5, 640, 400)

    assert quality_of(framed(photo, (640, 600))).black_bars == pytest.approx(1 / 3, abs=0.02)
    assert quality_of(framed(photo, (800, 400))).black_bars == pytest.approx(1 / 5, abs=0.02)
    assert quality_of(framed(photo, (800, 600))).black_bars == pytest.approx(1 - 0.8 * 2 / 3, abs=0.03)
    assert quality_of(photo).black_bars == 0


def night(noise: float = 5.0) -> np.ndarray:
    """(400, 600, 3): a dark sky above dark ground, with some grain."""
    return np.abs(np.random.default_rng(0).normal(8, noise, (400, 600, 1))).repeat(3, axis=2)


def test_night_pictures_have_no_bars() -> None:
    skyline = night()
    skyline[150:300, 100:200] = skyline[200:300, 300:420] = 120
    sunset = night(0) + np.clip(90 - np.abs(np.arange(400) - 200), 0, 90)[:, None, None]
    moon = np.zeros((400, 600, 3))
    moon[np.hypot(*np.mgrid[-200:200, -300:300]) < 120] = 220
    for pixels in (night(), skyline, sunset, moon, np.zeros((400, 600, 3))):
        assert quality_of(Image.fromarray(pixels.clip(0, 255).astype(np.uint8))).black_bars == 0


def test_a_dark_edge_on_one_side_is_no_bar() -> None:
    pixels = np.asarray(picture(5, 600, 400)).copy()
    pixels[:80] = 0

    assert quality_of(Image.fromarray(pixels)).black_bars == 0


def test_of_all_real_photos_those_with_bars_are_found_and_no_others() -> None:
    root = real_data("real")
    photos = [row["path"] for row in labels(root) if row["path"].startswith(("coco/", "dreambooth/", "clothing/"))]

    barred = {path for path in photos[::3] if quality_of(read_upright(root / path, 384)).black_bars > 0}
    barred |= {path for path in photos if "/cat2/" in path and quality_of(read_upright(root / path)).black_bars > 0.3}

    assert barred == {f"dreambooth/images/cat2/{name}.jpg" for name in ("00", "01", "04")}


def test_small_images_are_not_scaled_up(tmp_path: Path) -> None:
    save_picture(tmp_path / "icon.png", width=20, height=10)

    assert Image.open(io.BytesIO(decoded(tmp_path / "icon.png").thumbnail)).size == (20, 10)


@pytest.mark.parametrize("size", [(1, 1), (1, 40_000), (30_000, 2)])
def test_one_pixel_and_extreme_strips_are_images_too(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "teal").save(tmp_path / "strip.png")

    file = decoded(tmp_path / "strip.png")

    assert (file.width, file.height) == size
    assert file.prepared.size > 0


def test_the_model_input_alone_is_the_one_that_an_import_computes(tmp_path: Path) -> None:
    for name, size in {"photo.jpg": (1600, 900), "strip.png": (3, 40_000)}.items():
        path = save_picture(tmp_path / name, 1, *size)

        np.testing.assert_array_equal(model_input(path, path.name, PREPARATION), decoded(path).prepared)


def test_the_content_hash_is_that_of_the_files_bytes(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "photo.png")
    expected = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()

    assert decoded(path).content_hash == expected
    assert decode(path, path.name, PREPARATION, known={expected}) == KnownContent(expected)
    with path.open("rb") as file:
        assert hash_content(file) == expected


def test_a_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "webp"):
        whole = save_picture(tmp_path / f"whole.{suffix}", width=600, height=400).read_bytes()
        (tmp_path / f"half.{suffix}").write_bytes(whole[: len(whole) // 2])

    assert reason_for(tmp_path / "half.jpg") == "the file is cut off"
    assert reason_for(tmp_path / "half.png") == "the file is cut off"
    assert reason_for(tmp_path / "half.webp") == "the file is damaged"


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    contents = {
        "empty.jpg": b"",
        "notes.jpg": b"hello " * 50,
        "paper.png": b"%PDF-1.7 ...",
        "film.jpg": b"\0\0\0\x20ftypisom....",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    assert reason_for(tmp_path / "empty.jpg") == "the file is empty"
    assert reason_for(tmp_path / "notes.jpg") == "the file is damaged"
    assert reason_for(tmp_path / "paper.png") == "it is a PDF document, not an image"
    assert reason_for(tmp_path / "film.jpg") == "it is a video, not an image"


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_bytes(20_000, 20_000, 8, 2, b""))
    (tmp_path / "strip.png").write_bytes(png_bytes(70_000, 10, 8, 2, b""))
    save_picture(tmp_path / "fine.png", width=1100, height=1000)

    assert reason_for(tmp_path / "bomb.png").startswith("it has 400 megapixels, more than the 200 allowed")
    assert reason_for(tmp_path / "strip.png") == "it is 70,000 pixels long, more than the 65,535 allowed"
    assert reason_for(tmp_path / "fine.png", max_megapixels=1).startswith(
        "it has 1.1 megapixels, more than the 1 allowed"
    )


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    quadrants().save(tmp_path / "photo.png")
    (tmp_path / "photo.png").rename(tmp_path / "photo.docx")

    assert_quadrants(read_upright(tmp_path / "photo.docx"))


def test_nothing_is_printed_or_warned_about_hostile_files() -> None:
    script = """
import sys
from pathlib import Path
from curate.errors import UnreadableImage
from curate.ingest.decode import read_upright
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        try:
            read_upright(path)
        except UnreadableImage:
            pass
"""
    command = [sys.executable, "-W", "always", "-c", script, str(real_data("bad") / "files")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)

    assert result.stdout == ""
    assert "PIL" not in result.stderr
    assert "TIFF" not in result.stderr


def test_real_photos_in_eight_orientations_are_the_same_upright() -> None:
    root = real_data("real")
    groups: dict[str, list[np.ndarray]] = {}
    for row in labels(root):
        if row["path"].startswith("exif_orient/"):
            image = read_upright(root / row["path"]).resize((32, 32))
            groups.setdefault(row["group"], []).append(np.asarray(image, np.float32))

    assert groups
    for images in groups.values():
        assert len(images) >= 8
        for image in images:
            assert np.abs(image - images[0]).mean() < 6


def test_heic_files_are_read() -> None:
    folder = real_data("bad") / "files" / "bad_heif" / "heif"
    red = read_upright(folder / "RGB_8__128x128.heif")

    assert red.mode == "RGB"
    assert red.size == (128, 128)
