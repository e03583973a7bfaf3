"""Photos that leave the house tell neither place nor camera nor person, whatever wrote it into them, and stand upright."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from agent.demo.pictures import photo as draw_photo
from agent.reading.pictures import know_heif
from agent.service.final_report import merge
from tests.outcome.bureau import bureau, form, sender_of

SECRET = b"SecretTrace"
SAMPLE = Path(__file__).parents[1] / "reading" / "data" / "photo.heic"
TRACES = (
    SECRET,
    b"Exif\0\0",
    b"eXIf",
    b"http://ns.adobe.com",
    b"Photoshop 3.0",
    b"8BIM",
    b"tEXt",
    b"iTXt",
    b"ICC_PROFILE",
)
"""What metadata begins with, in any of the formats."""
TURNED = 6


def exif(orientation: int = TURNED) -> Image.Exif:
    """Camera, owner, time, place, a maker's note."""
    data, said = Image.Exif(), SECRET.decode()
    data[0x0112], data[0x010F], data[0x0110] = orientation, said, said
    data[0x013B], data[0x8298], data[0x9286] = said, said, said
    data.get_ifd(0x8769).update({0x927C: SECRET * 50, 0xA430: said, 0x9003: "2024:03:01 09:00:00"})
    data.get_ifd(0x8825).update({1: "N", 2: (29.0, 1.0, 2.0), 3: "E", 4: (106.0, 55.0, 9.0)})
    return data


def xmp() -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><GPSLatitude>29,1N</GPSLatitude>' + SECRET + b"</x:xmpmeta>"


def jpeg(picture: Image.Image) -> bytes:
    """With EXIF and a thumbnail in it, XMP, IPTC, a comment, a profile, and bytes behind the picture."""
    stream, small = io.BytesIO(), io.BytesIO()
    picture.resize((160, 120)).save(small, "JPEG", comment=SECRET)
    picture.save(
        stream, "JPEG", exif=with_thumbnail(small.getvalue()), comment=SECRET, icc_profile=SECRET * 20
    )
    iptc = b"\x1c\x02\x50" + struct.pack(">H", len(SECRET)) + SECRET
    block = (
        b"Photoshop 3.0\0"
        + b"8BIM\x04\x04\0\0"
        + struct.pack(">I", len(iptc))
        + iptc
        + b"\0" * (len(iptc) % 2)
    )
    data = stream.getvalue()
    more = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp()) + segment(0xED, block)
    return data[:2] + more + data[2:] + SECRET


def with_thumbnail(small: bytes) -> bytes:
    """EXIF whose second directory holds a thumbnail, which Pillow doesn't write itself."""
    tiff = bytearray(exif().tobytes()[6:])
    order = "<" if tiff[:2] == b"II" else ">"
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    count = struct.unpack_from(f"{order}H", tiff, first)[0]
    start = len(tiff)
    struct.pack_into(f"{order}I", tiff, first + 2 + 12 * count, start)
    entries = [(0x0103, 3, 6), (0x0201, 4, start + 42), (0x0202, 4, len(small))]
    packed = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value))
        for tag, kind, value in entries
    )
    return (
        b"Exif\0\0" + bytes(tiff) + struct.pack(f"{order}H", 3) + packed + struct.pack(f"{order}I", 0) + small
    )


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def png(picture: Image.Image) -> bytes:
    """With eXIf, text and XMP as text, and a chunk that nobody knows."""
    from PIL.PngImagePlugin import PngInfo

    info, stream = PngInfo(), io.BytesIO()
    info.add_text("Author", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", xmp().decode())
    info.add(b"prVt", SECRET)
    picture.save(stream, "PNG", pnginfo=info, exif=exif())
    return stream.getvalue()


def webp(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", exif=exif(), xmp=xmp(), quality=90)
    return stream.getvalue()


def tiff(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "TIFF", exif=exif(), compression="jpeg")
    return stream.getvalue()


def photos() -> dict[str, bytes]:
    """By file name; as stored they lie on their side."""
    made = {}
    for seed, (name, write) in enumerate(
        {"a.jpg": jpeg, "b.png": png, "c.webp": webp, "d.tif": tiff}.items(), 1
    ):
        with Image.open(io.BytesIO(draw_photo(seed))) as drawn:
            made[name] = write(drawn.convert("RGB").transpose(Image.Transpose.ROTATE_90))
    return made


@pytest.mark.parametrize("name", photos())
def test_the_photos_of_this_test_do_tell(name: str) -> None:
    data = photos()[name]
    assert SECRET in data
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.getexif()[0x0112] == TURNED
        if name != "d.tif":  # Pillow writes no places into a TIFF
            assert opened.getexif().get_ifd(0x8825)[2] == (29.0, 1.0, 2.0)
    if name == "a.jpg":
        assert all(trace in data for trace in TRACES if trace not in (b"eXIf", b"tEXt", b"iTXt"))
        assert data.count(b"\xff\xd8\xff") == 2, "a thumbnail within"


def test_nothing_that_leaves_the_house_bears_a_trace(tmp_path: Path) -> None:
    originals = photos() | {"e.heic": SAMPLE.read_bytes()}
    with bureau(tmp_path) as office:
        letters = office.send(sender_of("qingnian"), form(), *originals.items())
        made = merge(office.work, office.now)
        archive = office.work.archive.folder
        album = next(path for path in made.paths if "照片册" in path.name)
        pictures = media(album)
        assert len(pictures) == len(originals)
        thumbnails = [path.read_bytes() for path in sorted((archive / "青年镇" / "缩略图").iterdir())]
        assert len(thumbnails) == len(originals)
        for picture in (*pictures, *thumbnails):
            assert_no_trace(picture)
        for path in made.paths:
            assert_no_trace(whole(path))
        for letter in letters:
            assert_no_trace(letter.raw)
        filed = {path.read_bytes() for path in (archive / "青年镇").glob("*照片*")}
        assert filed == set(originals.values())  # what was sent stays as it was sent
        for original in originals.values():
            assert any(alike(upright(original), picture) for picture in pictures)
            assert any(alike(upright(original), picture) for picture in thumbnails)


def media(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as package:
        return [package.read(name) for name in package.namelist() if name.startswith("word/media/")]


def whole(path: Path) -> bytes:
    """All bytes of a file, of a package its parts unpacked, but for what says which kinds of parts there are."""
    if path.suffix == ".json":
        return path.read_bytes()
    with zipfile.ZipFile(path) as package:
        assert_made_by_nobody(package)
        return b"".join(package.read(name) for name in package.namelist())


def assert_made_by_nobody(package: zipfile.ZipFile) -> None:
    core = package.read("docProps/core.xml").decode()
    assert set(re.findall(r"<(?:dc:creator|cp:lastModifiedBy)>([^<]+)<", core)) <= {"report-agent"}
    said = core + package.read("docProps/app.xml").decode()
    assert not re.search(r"/home/|/tmp/|/root|[A-Z]:\\\\|<Manager>[^<]|<Company>[^<]|@", said)


def assert_no_trace(data: bytes) -> None:
    assert [trace for trace in TRACES if trace in data] == []
    if data[:3] == b"\xff\xd8\xff":
        with Image.open(io.BytesIO(data)) as picture:
            assert not picture.getexif()
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert data.endswith(b"\xff\xd9")


def upright(original: bytes) -> Image.Image:
    know_heif()
    with Image.open(io.BytesIO(original)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def alike(expected: Image.Image, data: bytes) -> bool:
    """Whether it is the same picture the same way up, whatever its size."""
    with Image.open(io.BytesIO(data)) as picture:
        if abs(picture.width / picture.height - expected.width / expected.height) > 0.02:
            return False
        small, other = picture.convert("RGB").resize((64, 64)), expected.resize((64, 64))
    return sum(ImageStat.Stat(ImageChops.difference(small, other)).mean) / 3 < 6
