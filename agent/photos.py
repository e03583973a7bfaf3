"""Photos made smaller for thumbnails and the album: upright, and without what cameras write into them."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from agent.reading.pictures import know_heif

QUALITY = 80


def smaller(photo: bytes, side: int) -> bytes:
    """A JPEG of at most ``side`` pixels a side, upright, with nothing of the original's metadata.

    Raises:
        OSError, ValueError, Image.DecompressionBombError: it isn't a picture that can be shown.
    """
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
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")
