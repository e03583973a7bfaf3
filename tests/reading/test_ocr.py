"""Scans and photographs of the form, made by degrade.py: read, marked for a person, or refused; never guessed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import degrade
import numpy as np
import pytest
from conftest import Read
from PIL import Image, ImageDraw

from agent.base.errors import Unreadable
from agent.campaign.rules import Campaign
from agent.demo import pictures as made_up
from agent.reading.apart import apart
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell
from agent.reading.limits import Budget, Limits
from agent.reading.ocr import installed
from agent.reading.pictures import every_page
from agent.reading.reading import FileReading

with_ocr = pytest.mark.skipif(not installed(), reason="the extra ocr is not installed")
with_programs = pytest.mark.skipif(bool(degrade.MISSING), reason="LibreOffice or pdftoppm is not installed")

FIGURES = {
    "patrols": "127",
    "joint_patrols": "11",
    "staff_deployed": "1204",
    "volunteers_mobilised": "0",
    "supplies_prepared": "12.35",
    "supplies_distributed": "1.5",
    "leaflets_distributed": "3000",
    "media_reports": "—",
    "moving_stories": "4",
    "people_persuaded": "68",
    "people_brought_to_station": "7",
    "critically_ill_helped": "1",
    "minors_helped": "",
    "remarks": "已核对",
}
READ = {
    "patrols": 127,
    "joint_patrols": 11,
    "staff_deployed": 1204,
    "volunteers_mobilised": 0,
    "supplies_prepared": Decimal("12.35"),
    "supplies_distributed": Decimal("1.5"),
    "leaflets_distributed": 3000,
    "media_reports": 0,
    "moving_stories": 4,
    "people_persuaded": 68,
    "people_brought_to_station": 7,
    "critically_ill_helped": 1,
    "minors_helped": None,
    "remarks": "已核对",
}
HEADER = {
    "unit": "青年镇人民政府",
    "reported_on": "2024年3月1日",
    "reporter": "张演示",
    "phone": "13800000000",
}


@pytest.fixture(scope="module")
def page(campaign: Campaign) -> Image.Image:
    """The filled-in form as a clean page at 200 dpi."""
    return degrade.rendered([degrade.Filled(FIGURES, HEADER)], campaign)[0]


@pytest.fixture
def anew() -> Iterator[None]:
    """With processes that have read nothing yet, and none left that had other bounds."""
    apart.end_all()
    yield
    apart.end_all()


def require_the_form(reading: FileReading, on_page: int = 1) -> None:
    assert reading.form is not None, [finding.text for finding in reading.findings]
    assert dict(reading.form.values) == READ
    assert reading.form.sources["patrols"] == f"第{on_page}页表1!R3C1"
    assert [one.field for one in reading.findings if one.severity == "error"] == ["minors_helped"]


@pytest.mark.integration
@with_ocr
@with_programs
class TestPages:
    @pytest.mark.parametrize("seed", [2, 10135], ids=["", "on a desk whose shadow has lines"])
    def test_a_photographed_form_is_read_and_waits_for_a_person(
        self, seed: int, page: Image.Image, read: Read
    ) -> None:
        reading = read("统计表.jpg", degrade.photographed(page, seed))
        require_the_form(reading)
        form = reading.form
        assert reading.kind == "form" and form is not None and form.needs_confirmation
        assert ("note", "from_picture") in [(one.severity, one.rule) for one in reading.findings]
        assert (form.unit, str(form.reported_on)) == ("青年镇人民政府", "2024-03-01")
        assert (form.reporter, form.phone) == ("张演示", "13800000000")

    @pytest.mark.parametrize("quarters", [1, 2])
    def test_a_scan_that_lies_on_its_side_or_head_is_turned(
        self, quarters: int, page: Image.Image, read: Read
    ) -> None:
        scan = Image.open(io.BytesIO(degrade.crooked(page, 4))).rotate(90 * quarters, expand=True)
        require_the_form(read("统计表.png", stored(scan)))

    def test_the_form_on_a_later_page_is_named_by_its_page(self, page: Image.Image, read: Read) -> None:
        cover = Image.new("RGB", page.size, "white")
        ImageDraw.Draw(cover).text((300, 300), "COVER PAGE OF THE REPORT", fill=0, font_size=60)
        pdf = io.BytesIO()
        cover.save(pdf, "PDF", resolution=200, save_all=True, append_images=[page])
        require_the_form(read("扫描.pdf", pdf.getvalue()), on_page=2)

    def test_a_page_too_poor_to_read_is_refused_with_what_to_do(self, page: Image.Image, read: Read) -> None:
        reading = read("统计表.jpg", degrade.hopeless(page, 2))
        assert (reading.kind, reading.form) == ("unreadable", None)
        (finding,) = reading.findings
        assert (finding.severity, finding.rule) == ("error", "unreadable")
        assert finding.text.startswith("“统计表.jpg”") and "Word（.docx）或 Excel（.xlsx）" in finding.text

    def test_a_reader_that_dies_or_takes_too_long_costs_one_file(self, page: Image.Image, read: Read) -> None:
        scan = degrade.flat(page, 6)
        late = read("统计表.jpg", scan, limits=Limits(seconds_apart=0.2))
        assert (late.kind, late.form) == ("unreadable", None)
        apart._workers["picture"]._process.kill()
        apart._workers["picture"]._process.wait()
        require_the_form(read("统计表.jpg", scan))

    def test_a_page_of_forty_megapixels_is_read_within_512_megabytes(
        self, page: Image.Image, read: Read, anew: None
    ) -> None:
        large = Image.open(io.BytesIO(degrade.photographed(page, 2)))
        large = large.resize((7200, round(7200 * large.height / large.width)), Image.Resampling.BICUBIC)
        require_the_form(read("统计表.png", stored(large)))
        process = Path(f"/proc/{apart.worker_id('picture')}/status")
        if process.is_file():  # where the system tells
            (peak,) = (line for line in process.read_text().splitlines() if line.startswith("VmHWM:"))
            assert int(peak.split()[1]) < 512 * 1024

    def test_a_page_that_wants_too_much_memory_is_told_as_such(
        self, page: Image.Image, read: Read, anew: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = apart.TASKS["picture"]
        monkeypatch.setitem(apart.TASKS, "picture", apart.Task(task.seconds, task.memory // 2))
        (finding,) = read("统计表.jpg", degrade.photographed(page, 2)).findings
        assert finding.rule == "too_large" and "内存" in finding.text

    def test_a_scanned_narrative_is_one(self, read: Read) -> None:
        reading = read("开展情况.png", stored(prose()))
        assert reading.kind == "narrative" and "winter campaign" in reading.text


def stored(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def prose() -> Image.Image:
    page = Image.new("RGB", (1654, 2339), "white")
    draw = ImageDraw.Draw(page)
    for row in range(24):
        line = "The winter campaign went well and the town was warm that night"
        draw.text((170, 300 + 60 * row), line, fill=(20, 20, 20), font_size=40)
    return page


def test_every_page_of_a_tiff_is_looked_at() -> None:
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(
        out, "TIFF", save_all=True, append_images=[Image.new("L", (50, 30)), Image.new("1", (20, 10))]
    )
    pages = list(every_page(out.getvalue(), Budget(Limits())))
    assert [(one.size, one.mode) for one in pages] == [
        ((60, 40), "RGB"),
        ((50, 30), "RGB"),
        ((20, 10), "RGB"),
    ]
    with pytest.raises(Unreadable):
        list(every_page(out.getvalue(), Budget(Limits(pixels_in_all=3000))))


@pytest.mark.parametrize("seed", range(3))
def test_a_photo_of_people_is_never_given_to_the_reader(
    seed: int, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = apart._worker
    monkeypatch.setattr(
        apart, "_worker", lambda task: pytest.fail("asked") if task == "picture" else started(task)
    )
    assert read("照片.jpg", made_up.photo(seed)).kind == "photo"


def test_ink_without_a_certain_reading_is_an_error_and_not_blank(campaign: Campaign) -> None:
    (field, *_) = campaign.form.figures
    reading = read_figure(Cell("R3C1", "unread", "12", confidence=0.4), field, campaign)
    assert reading.value is None
    (finding,) = reading.findings
    assert (finding.severity, finding.rule, finding.field) == ("error", "unreadable", field.id)
    assert "像是“12”" in finding.text
    blank = read_figure(Cell("R3C1", "unread", ""), field, campaign)
    assert blank.findings[0].rule == "unreadable"


# --- what the ink's shape says ---------------------------------------------------------------------------


def drawn(*strokes: tuple[float, ...], width: int = 3) -> Iterator[object]:
    image = Image.new("L", (120, 60))
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, fill=255, width=width)
    yield np.asarray(image)


@with_ocr
@pytest.mark.parametrize(
    ("stroke", "meaning"),
    [
        ((20, 30, 70, 30), "—"),
        ((20, 31, 70, 28), "—"),
        ((30, 50, 50, 10), "/"),
        ((30, 50, 60, 20), "/"),
        ((40, 50, 40, 10), None),
        ((40, 50, 48, 10), ""),
    ],
)
def test_a_lone_stroke_is_told_by_its_lean(stroke: tuple[float, ...], meaning: str | None) -> None:
    from agent.reading.ocr.shapes import lone_stroke

    (mask,) = drawn(stroke)
    assert lone_stroke(mask) == meaning


@with_ocr
def test_a_number_that_is_wider_than_its_digits_or_has_another_point_is_not_borne_out() -> None:
    from agent.reading.ocr.shapes import Shapes

    def number(text: str) -> object:
        image = Image.new("L", (400, 80))
        ImageDraw.Draw(image).text((10, 10), text, fill=255, font_size=40)
        mask = np.where(np.asarray(image) > 100, 255, 0).astype(np.uint8)
        rows, columns = np.nonzero(mask)
        return mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]

    shapes = Shapes.of([(text, number(text)) for text in ("235", "4067", "88", "932")])
    for text in ("235", "7", "111", "1204", "12.35", "0.5", "1,204"):
        assert shapes.bear_out(text, number(text)), text
    for read, written in (
        ("125", "1.25"),
        ("100", "1000"),
        ("1000", "100"),
        ("3", "13"),
        ("22", "2"),
        ("1.204", "1,204"),
        ("1,204", "1.204"),
    ):
        assert not shapes.bear_out(read, number(written)), (read, written)


@with_ocr
@pytest.mark.parametrize(
    ("first", "second", "certain"),
    [
        (("12", 0.9), ("12", 0.9), True),
        (("12", 0.6), ("12", 0.4), True),
        (("12", 0.9), ("17", 0.9), False),  # two looks that don't agree
        (("12", 0.59), ("12", 0.9), False),
        (("12", 0.9), ("12", 0.39), False),
        (("123", 0.9), ("123", 0.9), False),  # no room for it in the ink
        (("", 0.9), ("", 0.9), False),  # ink that gives no text
    ],
)
def test_a_figure_is_certain_where_two_looks_agree_surely_and_the_ink_bears_them_out(
    first: tuple[str, float], second: tuple[str, float], certain: bool
) -> None:
    from agent.reading.ocr.cells import ReadCell, _borne_out, _figure, _Line
    from agent.reading.ocr.recogniser import Word
    from agent.reading.ocr.shapes import Shapes

    image = Image.new("L", (100, 60))
    ImageDraw.Draw(image).text((10, 5), "12", fill=255, font_size=40)
    mask = np.where(np.asarray(image) > 100, 255, 0).astype(np.uint8)
    rows, columns = np.nonzero(mask)
    mask = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    looks = Word(*first), Word(*second)
    read = _figure(_Line(0, 255 - mask, mask, mask), looks, Shapes.of([("12", mask)] * 3))
    assert (read.text, read.certain) == (first[0], certain)
    # Read for certain on another picture, it counts where no digit is another one.
    for again in (ReadCell("12", 0.9), ReadCell("1.2", 0.9), ReadCell("12", 0.9, certain=False)):
        same = again.certain and first[0].replace(".", "") == second[0].replace(".", "") == "12"
        assert _borne_out(read, looks, again) is (again if same else read)


def test_a_cell_that_is_no_certain_reading_is_none() -> None:
    from agent.reading.ocr import _cell

    assert _cell("R1C1", "12", 0.9, certain=False) == Cell("R1C1", "unread", "12", confidence=0.9)
    assert _cell("R1C1", "12", 0.9, certain=True) == Cell("R1C1", "text", "12", confidence=0.9)
    assert _cell("R1C1", "", 1.0, certain=True).kind == "empty"


@with_ocr
def test_a_one_that_leans_as_a_seven_does_is_not_borne_out() -> None:
    from agent.reading.ocr.shapes import Shapes

    def number(first: tuple[float, ...]) -> object:
        image = Image.new("L", (200, 80))
        draw = ImageDraw.Draw(image)
        draw.text((40, 10), "73", fill=255, font_size=40)
        draw.line(first, fill=255, width=4)
        mask = np.where(np.asarray(image) > 100, 255, 0).astype(np.uint8)
        rows, columns = np.nonzero(mask)
        return mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]

    assert Shapes(0.0).bear_out("173", number((28, 48, 28, 19)))
    for foot, head in ((20, 30), (24, 28)):  # a 7 whose bar the light or a seal has taken
        assert not Shapes(0.0).bear_out("173", number((foot, 48, head, 19)))


@with_ocr
def test_a_digit_that_has_lost_a_piece_is_borne_out_only_by_a_close_measure() -> None:
    from agent.reading.ocr.shapes import Shapes

    def number(text: str, *lost: tuple[int, int, int, int]) -> object:
        image = Image.new("L", (400, 80))
        draw = ImageDraw.Draw(image)
        draw.text((10, 10), text, fill=255, font_size=40)
        for box in lost:
            draw.rectangle(box, fill=0)
        mask = np.where(np.asarray(image) > 100, 255, 0).astype(np.uint8)
        rows, columns = np.nonzero(mask)
        return mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]

    shapes = Shapes.of([(text, number(text)) for text in ("235", "4067", "88", "932")])
    torn = number("398", (43, 42, 46, 50))
    assert not shapes.bear_out("398", torn)
    assert shapes.closely_bear_out("398", torn)
    for read, written in (("398", "3.98"), ("75", "7.5"), ("75", "7,5"), ("1", "11"), ("39.8", "398")):
        assert not shapes.closely_bear_out(read, number(written)), (read, written)


# --- ruled lines -----------------------------------------------------------------------------------------


def ruled(
    *,
    gap: bool = False,
    merged: bool = False,
    turn: float = 0,
    dots: bool = False,
    bold: bool = False,
) -> object:
    """A page with a table of two rows and four columns, the headings' first two under one group."""
    page = Image.new("RGB", (1600, 1100), "white")
    draw = ImageDraw.Draw(page)
    for row in (300, 500, 700):
        draw.line((200, row, 1400, row), fill=0, width=3)
    draw.line((200, 400, 800, 400), fill=0, width=3)
    for column in range(5):
        x = 200 + 300 * column
        draw.line((x, 400 if column == 1 else 300, x, 700), fill=0, width=3)
    if gap:
        draw.rectangle((1080, 270, 1120, 470), fill="white")
    if merged:
        draw.rectangle((1080, 510, 1120, 690), fill="white")
    if dots:  # what a seal leaves of a line
        for at in range(504, 700, 14):
            draw.rectangle((1096, at, 1104, at + 6), fill="white")
    if bold:  # strokes of writing as long as a line, at the height of a line beside them
        for at, row in enumerate(range(384, 424, 10)):
            for x in range(804 + 12 * at, 1070, 50):
                draw.line((x, row, x + 26, row), fill=0, width=4)
    return np.asarray(page.rotate(turn, fillcolor="white"))


WHOLE = "0,0 1x2|0,2 2x1|0,3 2x1|1,0 1x1|1,1 1x1|2,0 1x1|2,1 1x1|2,2 1x1|2,3 1x1"


@with_ocr
@pytest.mark.parametrize(
    ("page", "shape"),
    [
        (ruled(), WHOLE),
        (ruled(turn=3), WHOLE),
        (ruled(gap=True), WHOLE),
        (ruled(dots=True), WHOLE),
        (ruled(bold=True), WHOLE),
        (ruled(merged=True), "0,0 1x2|0,2 2x1|0,3 2x1|1,0 1x1|1,1 1x1|2,0 1x1|2,1 1x1|2,2 1x2"),
    ],
    ids=[
        "plain",
        "turned",
        "a line that is broken",
        "a line in dots",
        "bold writing beside a line",
        "two cells that are one",
    ],
)
def test_the_cells_are_those_that_the_lines_make(page: object, shape: str) -> None:
    from agent.reading.ocr.paper import ink_on_white
    from agent.reading.ocr.ruling import find_tables
    from agent.reading.ocr.straightening import set_upright

    tables, _ = find_tables(set_upright(ink_on_white(page)).lines)
    table = next(one for one in tables if one.width == 4)
    cells = (f"{one.top},{one.left} {one.bottom - one.top}x{one.right - one.left}" for one in table.cells)
    assert "|".join(cells) == shape
