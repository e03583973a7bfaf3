"""A PDF's tables by what is seen on its pages, and a finding for every page that shows what can't be read."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Callable

import make_forms as forms
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_files import rules

from agent.demo import pictures as made_up
from agent.reading.formats.limits import Budget, Limits
from agent.reading.reading import FileReading
from agent.rules import Campaign

Read = Callable[..., FileReading]


def drawn_pdf(commands: str, notes: str = "", sixth: str = "", encoding: str = "utf-8") -> bytes:
    """A page of 400 × 300 points in Helvetica from its drawing commands.

    ``notes`` are annotations upon it, ``sixth`` is one more object that they may refer to.
    """
    stream = commands.encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>"
        + f"/Annots[{notes}]>>".encode(),
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *([sixth.encode(encoding)] if sixth else []),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return data + tail % (count, table, count, len(data))


def two_columns(*texts: str, widths: tuple[int, int] = (60, 60)) -> str:
    """A ruled table of two rows and two columns, its first cell's corner at 50, 250; then the texts' commands."""
    first, second = widths
    xs, ys = (50, 50 + first, 50 + first + second), (250, 220, 190)
    rules_ = [f"{x} 250 m {x} 190 l S" for x in xs] + [f"50 {y} m {xs[2]} {y} l S" for y in ys]
    return "\n".join([*rules_, *texts])


def at(x: float, y: float, text: str, options: str = "") -> str:
    return f"BT {options} /F 10 Tf {x} {y} Td ({text}) Tj ET"


def cells(data: bytes) -> list[list[tuple[str, str]]]:
    from agent.reading.formats.pdf import read_pdf

    (grid,) = read_pdf(data, Budget(Limits())).grids
    return [[(cell.text, cell.withheld) for cell in row] for row in grid.rows]


PLAIN = (at(55, 230, "a"), at(115, 230, "b"), at(115, 200, "5"))


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([at(55, 200, "12")], ("12", "")),
        ([at(55, 200, "12"), at(55.3, 200, "12")], ("12", "")),  # bold by printing twice
        ([at(55, 200, "12"), at(67, 200, "99", "1 g")], ("12", "")),  # white on white
        ([at(55, 200, "12"), "0.5 w 54 203.5 m 67 203.5 l S"], ("", "12")),  # struck through
        ([at(55, 200, "12"), "0.5 w 54 198.5 m 67 198.5 l S"], ("12", "")),  # underlined
        ([at(55, 200, "12"), at(56.5, 200, "34")], None),  # one number over another
        ([at(55, 206, "12"), at(55, 194, "34")], ("12\n34", "")),  # two numbers, each with room behind it
        ([at(80, 200, "12345678")], None),  # over the border to the next cell
        (["0.9 g 51 191 58 28 re f 0 g", at(55, 200, "12")], ("12", "")),  # on a shade
    ],
)  # fmt: skip
def test_a_pdfs_cell_holds_what_is_seen_in_it(drawn: list[str], expected: tuple[str, str] | None) -> None:
    """None: never to be read as a number."""
    (_, (cell, neighbour)) = cells(drawn_pdf(two_columns(*PLAIN, *drawn)))
    if expected is None:
        assert any("…" in text for text, _ in (cell, neighbour))
    else:
        assert (cell, neighbour) == (expected, ("5", ""))


def test_a_number_that_a_narrow_column_breaks_is_put_together_and_told() -> None:
    from agent.reading.formats.pdf import read_pdf

    drawn = two_columns(*PLAIN[:2], at(75, 200, "5"), at(55, 206, "12"), at(55, 194, "34"), widths=(20, 60))
    document = read_pdf(drawn_pdf(drawn), Budget(Limits()))
    assert document.grids[0].rows[1][0].text == "1234"
    assert document.joined == {"第1页表1!R2C1"}


BOX = "/Rect[55 197 75 209]/F 4"
LOOKS = "<</Type/XObject/Subtype/Form/BBox[0 0 20 12]/Resources<</Font<</F 5 0 R>>>>/Length {}>>stream\n{}\nendstream"


def test_what_is_filled_in_or_noted_upon_a_page_counts_as_the_page() -> None:
    drawing = "BT /F 10 Tf 0 3 Td (12) Tj ET"
    looks = LOOKS.format(len(drawing), drawing)
    for kind in ("/Subtype/FreeText", "/Subtype/Widget/FT/Tx/V(12)"):
        note = f"<</Type/Annot{kind}{BOX}/AP<</N 6 0 R>>>>"
        (_, (cell, _)) = cells(drawn_pdf(two_columns(*PLAIN), note, looks))
        assert cell == ("12", "")


def test_the_number_in_a_seal_is_no_figure() -> None:
    drawing = "BT /F 10 Tf 0 3 Td (50) Tj ET"
    note = f"<</Type/Annot/Subtype/Stamp{BOX}/AP<</N 6 0 R>>>>"
    (_, (cell, _)) = cells(drawn_pdf(two_columns(*PLAIN), note, LOOKS.format(len(drawing), drawing)))
    assert cell == ("", "")


def test_a_page_with_a_note_that_can_only_be_drawn_is_a_picture() -> None:
    from agent.reading.formats.pdf import read_pdf

    struck = f"<</Type/Annot/Subtype/StrikeOut{BOX}/QuadPoints[55 209 75 209 55 197 75 197]/C[1 0 0]>>"
    document = read_pdf(drawn_pdf(two_columns(*PLAIN, at(55, 200, "12")), struck), Budget(Limits()))
    assert (document.grids, [page.number for page in document.pages]) == ((), [1])


def test_a_form_without_ruled_lines_says_what_to_send(campaign: Campaign) -> None:
    """The labels are there, and which number belongs to which is anybody's guess."""
    from agent.reading.grid import Document
    from agent.reading.paged import shape_without_lines

    text = "\n".join([forms.TITLE, *forms.HEADINGS, "联合巡查", "总计", "12 5 36"])
    (finding,) = shape_without_lines("表.pdf", Document(text=text), campaign)
    assert (finding.severity, finding.rule) == ("error", "not_supported")
    assert "框线" in finding.text
    assert shape_without_lines("表.pdf", Document(text=forms.NARRATIVE), campaign) == ()


def picture_pdf(*pictures: bytes) -> bytes:
    from PIL import Image

    pages = [Image.open(io.BytesIO(one)).convert("RGB") for one in pictures]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def test_a_scan_says_what_to_send_and_a_photo_on_a_page_is_a_photo(read: Read, without_ocr: None) -> None:
    from test_pictures import ruled_page, stored

    scan = read("扫描.pdf", picture_pdf(stored(ruled_page()), stored(ruled_page())))
    assert (scan.kind, rules(scan)) == ("unreadable", ["not_supported"])
    assert "“扫描.pdf”" in scan.findings[0].text
    album = read("照片.pdf", picture_pdf(made_up.photo(1), made_up.photo(2)))
    assert [one.kind for one in album.everything()] == ["other", "photo", "photo"]
    both = read("都有.pdf", picture_pdf(made_up.photo(1), stored(ruled_page())))
    assert [one.kind for one in both.everything()] == ["unreadable", "photo"]
    assert "第 2 页" in both.findings[0].text


LOCKED = b"<</Filter/Standard/V 1/R 2/Length 40/P -44/O(%b)/U(%b)>>" % (b"o" * 32, b"u" * 32)


def test_a_pdf_behind_a_password_is_told(read: Read) -> None:
    data = drawn_pdf(two_columns(*PLAIN))
    data = data.replace(
        b"/Root 1 0 R", b"/Root 1 0 R/ID[(0123456789abcdef)(0123456789abcdef)]/Encrypt " + LOCKED
    )
    assert rules(read("密.pdf", data)) == ["encrypted"]


def test_a_bomb_in_a_pdf_costs_little(read: Read) -> None:
    data = zlib.compress(b"0 0 m 1 1 l S\n" * 4_000_000, 9)
    page = drawn_pdf("x").replace(
        b"<</Length 1>>stream\nx", b"<</Length %d/Filter/FlateDecode>>stream\n%b" % (len(data), data)
    )
    started = time.process_time()
    assert rules(read("弹.pdf", page, limits=Limits(seconds_apart=3))) in (["too_large"], ["unreadable"])
    assert time.process_time() - started < 10
    assert read("好.pdf", drawn_pdf(two_columns(*PLAIN))).kind != "unreadable"  # the next one is read as ever


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4))
def test_damage_anywhere_in_a_pdf_is_a_reading(
    read: Read, kept: float, changes: list[tuple[float, int]]
) -> None:
    whole = drawn_pdf(two_columns(*PLAIN))
    data = bytearray(whole[: 9 + int(len(whole) * kept)])
    for where, byte in changes:
        data[9 + int(where * (len(data) - 9)) - 1] = byte
    assert read("a.pdf", bytes(data)).file == "a.pdf"
