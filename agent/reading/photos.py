"""Photos made smaller for thumbnails and the album: upright, and without what cameras write into them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

QUALITY = 80


def smaller(photo: bytes, side: int) -> bytes:
    """A JPEG of at most ``side`` pixels a side, upright, with nothing of the original's metadata.

    Made apart, as pictures are read: whatever was sent may have its way with a decoder.

    Raises:
        Unreadable: it isn't a picture that can be shown.
    """
    from agent.reading.apart.apart import read_apart
    from agent.reading.limits import Budget, Limits

    return read_apart("files", "smaller", [photo], Budget(Limits()), {"side": side}).blobs[0]


def made_smaller(photo: bytes, side: int) -> bytes:
    """The same in this process.

    Raises:
        OSError, ValueError, SyntaxError, Image.DecompressionBombError: it isn't a picture that can be shown.
    """
    from PIL import Image, ImageOps

    from agent.reading.pictures import know_heif

    know_heif()
    with Image.open(io.BytesIO(photo)) as opened:
        opened.draft("RGB", (2 * side, 2 * side))  # a JPEG is decoded at a fraction of its size: much faster
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        flat = _opaque(upright)
    stream = io.BytesIO()
    # A new image from the pixels alone: place, camera, time, colour profile and comments stay behind.
    bare = Image.frombytes("RGB", flat.size, flat.tobytes())
    bare.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """In RGB; what is transparent shows white."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")
