import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from schema.ports import Picture
from server.outside.pictures import FORMATS, BadPicture, shrink


def painted(kind: str, size=(400, 200), mode="RGB", colour="red", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and packs almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_becomes_a_small_webp(kind):
    size = (256, 128)
    options = {"sizes": [size]} if kind == "ICO" else {}
    picture = shrink(painted(kind, size, **options), 64)

    image = opened(picture)
    assert "WEBP" == image.format
    assert (64, 32) == image.size == (picture.width, picture.height)
    red, green, blue = image.convert("RGB").getpixel((10, 10))
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize(
    ("size", "fitted"), [((400, 200), (100, 50)), ((200, 400), (50, 100)), ((16, 16), (16, 16)), ((5000, 1), (100, 1))]
)
def test_the_picture_fits_the_square_and_never_grows(size, fitted):
    picture = shrink(painted("PNG", size), 100)

    assert fitted == (picture.width, picture.height) == opened(picture).size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "RGB"])
def test_every_mode_is_read(mode):
    picture = shrink(painted("PNG", mode=mode, colour=None), 32)

    assert (32, 16) == (picture.width, picture.height)


def test_print_colours_are_read():
    assert "RGB" == opened(shrink(painted("JPEG", mode="CMYK", colour=None), 32)).mode


def test_transparency_stays():
    image = opened(shrink(painted("PNG", mode="RGBA", colour=(255, 0, 0, 0)), 32))

    assert "RGBA" == image.mode
    assert 0 == image.getpixel((5, 5))[3]


def test_only_the_first_frame_is_kept():
    out = io.BytesIO()
    first, *others = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    first.save(out, "GIF", save_all=True, append_images=others)

    image = opened(shrink(out.getvalue(), 20))

    assert 1 == getattr(image, "n_frames", 1)
    assert image.convert("RGB").getpixel((5, 5))[0] > 200


def test_a_photograph_is_turned_upright():
    """Exif 274 says how the camera was held; 6 is a quarter turn."""
    exif = Image.Exif()
    exif[274] = 6

    picture = shrink(painted("JPEG", (400, 200), exif=exif), 100)

    assert (50, 100) == (picture.width, picture.height)


def test_nothing_personal_is_kept():
    """Exif (where a photograph was taken) and colour profiles stay behind."""
    exif = Image.Exif()
    exif[271] = "Camera of Ann"
    original = painted("JPEG", exif=exif, icc_profile=b"profile of Ann")

    data = shrink(original, 100).data

    assert b"of Ann" in original
    assert b"of Ann" not in data
    assert {} == dict(opened(Picture(data, 0, 0)).getexif())


@pytest.mark.parametrize("size", [(50_000, 50_000), (40_000_001, 1), (6400, 6400)])
def test_a_bomb_of_pixels_is_refused_unpacked(size):
    """A few bytes that claim gigabytes."""
    with pytest.raises(BadPicture, match="pixels"):
        shrink(png_of(*size), 64)


def test_a_bomb_inside_an_icon_is_refused():
    """An ICO names a small size and holds a PNG of another."""
    png = png_of(50_000, 50_000)
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22)

    with pytest.raises(BadPicture):
        shrink(struct.pack("<HHH", 0, 1, 1) + entry + png, 64)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<html>",
        painted("TIFF"),
        painted("PPM"),
        painted("PDF"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        painted("PNG", colour=None)[:60],
        painted("JPEG")[:300],
        png_of(100, 100),
        png_of(0, 0),
    ],
)
def test_other_formats_and_broken_ones_are_refused(data):
    """SVG and PostScript are programs; the rest is out of use, or lies about itself."""
    with pytest.raises(BadPicture):
        shrink(data, 64)


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_no_bytes_make_the_decoder_stumble(kind, data):
    """A good picture with some bytes overwritten is a picture or a BadPicture, nothing else."""
    original = bytearray(painted(kind, (24, 24)))
    for _ in range(data.draw(st.integers(1, 6))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    picture = attempt(bytes(original))

    assert picture is None or max(picture.width, picture.height) <= 16


def attempt(data: bytes) -> Picture | None:
    try:
        return shrink(data, 16)
    except BadPicture:
        return None
