"""Pictures from strangers: decoded, shrunk and written anew as WebP, so that no byte of theirs is ever served.

Imported in the child process of ``sandbox.py`` only: a decoder that crashes, or that is busy for ever, takes the child
with it and not the server. (A thread could be neither ended nor kept from taking memory.)
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from schema.ports import Picture

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "ICO", "BMP")  # no SVG: it is a program, not a picture
MAX_PIXELS = 40_000_000  # of the picture as it comes: 160 MB once decoded
QUALITY = 80

# Pillow looks at this whenever it learns a size, also of a PNG inside an ICO. It refuses at twice the figure.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2


class BadPicture(Exception):  # noqa: N818 - a fact about the outside, not a bug
    """The bytes are not a picture that we take; the text says why in one line."""


def shrink(data: bytes, max_side: int) -> Picture:
    """The first frame of a PNG, JPEG, GIF, WebP, ICO or BMP as WebP, fitting a square of ``max_side`` pixels.

    Small pictures keep their size. Transparency stays; metadata and colour profiles go. Raises BadPicture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities, and of sizes between once and twice the figure above
            return _shrink(data, max_side)
    except Image.DecompressionBombError as error:
        raise BadPicture(f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # decoders raise anything, IndexError and struct.error too, on bytes that lie
        raise BadPicture(f"not a picture that can be read: {type(error).__name__}") from error


def _shrink(data: bytes, max_side: int) -> Picture:
    """What ``shrink`` does, with Pillow's own exceptions."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        image.draft("RGB", (max_side, max_side))  # JPEG can be decoded at an eighth of its size
        # Shrink first and turn afterwards: turning copies, and the copy of a small one is small.
        small = _with_plain_mode(image)
        small.thumbnail((max_side, max_side))
        small = ImageOps.exif_transpose(small)
        out = io.BytesIO()
        # Given as None, profile and Exif are not copied from the original.
        small.save(out, "WEBP", quality=QUALITY, icc_profile=None, exif=b"")
        return Picture(out.getvalue(), small.width, small.height)


def _with_plain_mode(image: Image.Image) -> Image.Image:
    """The picture as RGB, or RGBA when any of it may be transparent."""
    image.load()
    transparent = image.has_transparency_data
    mode = "RGBA" if transparent else "RGB"
    return image.convert(mode) if image.mode != mode else image
