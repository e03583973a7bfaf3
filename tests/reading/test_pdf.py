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

from agent.base.findings import Finding, Severity
from agent.campaign.rules import Campaign
from agent.demo import pictures as made_up
from agent.reading.limits import Budget, Limits
from agent.reading.reading import FileReading

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
    from agent.reading.formats.pdf.document import read_pdf

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
    from agent.reading.formats.pdf.document import read_pdf

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
    from agent.reading.formats.pdf.document import read_pdf

    struck = f"<</Type/Annot/Subtype/StrikeOut{BOX}/QuadPoints[55 209 75 209 55 197 75 197]/C[1 0 0]>>"
    document = read_pdf(drawn_pdf(two_columns(*PLAIN, at(55, 200, "12")), struck), Budget(Limits()))
    assert (document.grids, [page.number for page in document.pages]) == ((), [1])


def on_page(number: int, *rows: tuple[str, str], **more: object) -> dict[str, object]:
    """A table of two columns as the process apart tells it."""
    told = {"before": [], "after": [], "merges": [], "joined": [], "edges": [50.0, 110.0, 170.0], **more}
    return {"name": f"第{number}页表1", "rows": [[[text, ""] for text in row] for row in rows], **told}


def test_a_table_that_goes_on_on_the_next_page_is_one_and_its_header_stands_there_once() -> None:
    from agent.reading.formats.pdf.document import _over_pages

    first = on_page(1, ("村", "劝导人数"), ("甲村", "3"), after=["第1页 共2页"])
    second = on_page(
        2, ("村", "劝导人数"), ("乙村", "5"), merges=[[0, 0, 0, 1], [1, 0, 1, 1]], joined=["R2C2"]
    )
    (one,) = _over_pages([first, second])
    assert [[text for text, _ in row] for row in one["rows"]] == [
        ["村", "劝导人数"],
        ["甲村", "3"],
        ["乙村", "5"],
    ]
    assert (one["merges"], one["joined"]) == ([[2, 0, 2, 1]], ["R3C2"])
    figures = on_page(2, ("甲村", "3"), ("乙村", "5"))  # a village of the same name and figure is no header
    assert len(_over_pages([on_page(1, ("甲村", "3")), figures])[0]["rows"]) == 3


@pytest.mark.parametrize(
    "other",
    [{"edges": [50.0, 120.0, 170.0]}, {"edges": [50.0, 170.0]}, {"before": ["表二"]}, {"name": "第3页表1"}],
)
def test_a_table_that_may_be_another_is_no_part_of_the_one_before(other: dict[str, object]) -> None:
    from agent.reading.formats.pdf.document import _over_pages

    assert len(_over_pages([on_page(1, ("甲村", "3")), {**on_page(2, ("乙村", "5")), **other}])) == 2


def test_a_form_without_ruled_lines_says_what_to_send(campaign: Campaign) -> None:
    """The labels are there, and which number belongs to which is anybody's guess."""
    from agent.reading.grid import Document
    from agent.reading.paged import shape_without_lines

    text = "\n".join([forms.TITLE, *forms.HEADINGS, "联合巡查", "总计", "12 5 36"])
    (finding,) = shape_without_lines("表.pdf", Document(text=text), campaign)
    assert (finding.severity, finding.rule) == ("error", "not_supported")
    assert "框线" in finding.text
    assert shape_without_lines("表.pdf", Document(text=forms.NARRATIVE), campaign) == ()
    headed = "\n".join([forms.TITLE, *forms.ABOVE])  # its table is a picture, say
    assert shape_without_lines("表.pdf", Document(text=headed), campaign)
    assert shape_without_lines("表.pdf", Document(text=forms.TITLE), campaign) == ()
    assert shape_without_lines("表.pdf", Document(text=f"现报送{headed}"), campaign) == ()


@pytest.mark.parametrize("severity", ["warning", "error"])
def test_what_is_wrong_with_a_page_is_told_as_gravely_as_the_documents_form_is_lacking(
    severity: Severity,
) -> None:
    from agent.reading.paged import page_findings

    def page(number: int, rule: str) -> FileReading:
        return FileReading(
            f"第{number}页.jpg", "", "unreadable", findings=(Finding("error", rule, f"{number}"),)
        )

    scans = {
        2: page(2, "not_supported"),
        5: page(5, "not_supported"),
        6: FileReading("第6页.jpg", "", "photo"),
    }
    (one,) = page_findings("表.pdf", scans, severity)
    assert (one.severity, one.rule, "2、5" in one.text) == (severity, "not_supported", True)
    poor = page_findings("表.pdf", {**scans, 7: page(7, "unreadable")}, severity)
    assert [(told.severity, told.text) for told in poor] == [
        (severity, "2"),
        (severity, "5"),
        (severity, "7"),
    ]


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


# --- pages that lie, and pages that lie on their side ------------------------------------------------------

PAGE_BOX = b"/MediaBox[0 0 400 300]"
FORM = two_columns(*PLAIN, at(55, 200, "12"))
TURNS = {90: "0 1 -1 0 300 0", 180: "-1 0 0 -1 400 300", 270: "0 -1 1 0 0 400"}


def tables_and_pages(data: bytes) -> tuple[list[list[list[str]]], list[int]]:
    """The ruled tables' texts, and the numbers of the pages that are to be read like pictures."""
    from agent.reading.formats.pdf.document import read_pdf

    document = read_pdf(data, Budget(Limits()))
    texts = [[[cell.text for cell in row] for row in grid.rows] for grid in document.grids]
    return texts, [page.number for page in document.pages]


READ_RIGHT: tuple[list[list[list[str]]], list[int]] = ([[["a", "b"], ["12", "5"]]], [])
TO_BE_LOOKED_AT: tuple[list[list[list[str]]], list[int]] = ([], [1])


@pytest.mark.parametrize("turn", [0, 90, 180, 270, -90, 360])
@pytest.mark.parametrize("drawn", [0, 90, 180, 270])
def test_a_page_reads_the_same_whichever_side_is_up(turn: int, drawn: int) -> None:
    """However it is shown, and however its letters are drawn: upside down, 12 would read as 21."""
    page = drawn_pdf(f"q {TURNS[drawn]} cm {FORM} Q" if drawn else FORM)
    box = b"/MediaBox[0 0 300 400]" if drawn in (90, 270) else PAGE_BOX
    assert tables_and_pages(page.replace(PAGE_BOX, box + b"/Rotate %d" % turn)) == READ_RIGHT


def form_object(content: str, page: str = "/X Do", box: str = "0 0 400 300", more: str = "") -> bytes:
    """A page that draws what stands in an object of its own."""
    head = f"<</Type/XObject/Subtype/Form/BBox[{box}]{more}/Resources<</Font<</F 5 0 R>>>>"
    one = f"{head}/Length {len(content)}>>stream\n{content}\nendstream"
    data = drawn_pdf(page, "", one)
    return data.replace(b"<</Font<</F 5 0 R>>>>", b"<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>", 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (form_object(FORM), READ_RIGHT),
        (form_object(FORM, "/X Do /X Do"), READ_RIGHT),
        (form_object(FORM, "q 1 0 0 1 10 -20 cm /X Do Q"), READ_RIGHT),
        (form_object(FORM, more="/Matrix[1 0 0 1 10 -20]"), READ_RIGHT),
        (form_object(FORM, box="0 0 54 300"), TO_BE_LOOKED_AT),
        (form_object(FORM, box="0 0 60.5 300"), TO_BE_LOOKED_AT),  # shows 1 of 12
        (drawn_pdf(two_columns(*PLAIN) + f" q 50 190 10.5 30 re W n {at(55, 200, '12')} Q"), TO_BE_LOOKED_AT),
        (drawn_pdf(FORM).replace(PAGE_BOX, PAGE_BOX + b"/CropBox[20 20 380 280]"), READ_RIGHT),
        (drawn_pdf(FORM).replace(PAGE_BOX, PAGE_BOX + b"/CropBox[0 0 112 300]"), TO_BE_LOOKED_AT),
        (drawn_pdf(FORM).replace(PAGE_BOX, b"/MediaBox[30 -20 430 280]"), READ_RIGHT),
        (drawn_pdf(FORM).replace(PAGE_BOX, PAGE_BOX + b"/UserUnit 2"), READ_RIGHT),
    ],
    ids=["an object", "twice", "moved", "with a matrix", "cut off", "cut in half", "clipped", "a margin cropped",
         "a column cropped", "a corner elsewhere", "larger units"],
)  # fmt: skip
def test_what_is_drawn_by_an_object_reads_as_it_is_seen_or_is_looked_at(
    data: bytes, expected: object
) -> None:
    assert tables_and_pages(data) == expected


def test_figures_in_a_layer_that_is_switched_off_are_not_read() -> None:
    drawn = f"{two_columns(*PLAIN)} /OC /o BDC {at(55, 200, '12')} EMC"
    data = drawn_pdf(drawn, "", "<</Type/OCG/Name(x)>>")
    data = data.replace(b"<</Font<</F 5 0 R>>>>", b"<</Font<</F 5 0 R>>/Properties<</o 6 0 R>>>>", 1)
    off = data.replace(b"/Type/Catalog", b"/Type/Catalog/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>")
    assert tables_and_pages(data) == READ_RIGHT
    assert tables_and_pages(off) == TO_BE_LOOKED_AT


def test_a_figure_beside_the_tables_that_is_not_seen_is_no_figure() -> None:
    """A printer cuts off what is over the page's edge; the table on it is none the worse."""
    from agent.reading.formats.pdf.document import read_pdf

    data = drawn_pdf(f"{FORM} {at(50, 100, 'tel 123')} {at(390, 100, 'a 24')}")
    document = read_pdf(data, Budget(Limits()))
    assert [[cell.text for cell in row] for row in document.grids[0].rows] == READ_RIGHT[0][0]
    assert document.text.split() == ["tel", "123", "a", "2…"]


def with_field(field: str, looks: str = "", anew: bool = False, content: str = "") -> bytes:
    """A page with a field in the table's lower left cell; ``looks``: what the file draws there."""
    drawing = f"BT /F 10 Tf 2 3 Td ({looks}) Tj ET"
    widget = f"<</Type/Annot/Subtype/Widget/T(a)/Rect[55 195 100 215]/DA(/F 10 Tf 0 g){field}" + (
        "/AP<</N 6 0 R>>>>" if looks else ">>"
    )
    page = drawn_pdf(
        content or two_columns(*PLAIN),
        "7 0 R",
        LOOKS.format(len(drawing), drawing).replace("0 0 20 12", "0 0 45 20"),
    )
    page = page[: page.index(b"xref\n0")] + b"7 0 obj\n%b\nendobj\n" % widget.encode("latin-1")
    form = b"/AcroForm<</Fields[7 0 R]/DR<</Font<</F 5 0 R>>>>%b>>" % (b"/NeedAppearances true" * anew)
    return page.replace(b"/Type/Catalog", b"/Type/Catalog" + form) + b"trailer<</Size 8/Root 1 0 R>>\n%%EOF"


SHOWN, HIDDEN, NO_VIEW = "/FT/Tx/F 4", "/FT/Tx/F 2", "/FT/Tx/F 36"


@pytest.mark.parametrize(
    ("data", "cell"),
    [
        (with_field(f"{SHOWN}/V(12)", "12"), "12"),
        (with_field(f"{SHOWN}/V(12)"), "12"),  # a viewer draws it
        (with_field(f"{SHOWN}/V(12)", anew=True), "12"),
        (with_field(f"{SHOWN}/V(12)", "34", anew=True), "12"),  # and draws it anew
        (with_field(f"{SHOWN}/V(3000)", "3,000"), "3,000"),
        (with_field(f"{SHOWN}/V(12)", "34"), None),
        (with_field(f"{SHOWN}/V(12)", "12", content=two_columns(*PLAIN, at(57, 198, "99"))), None),
        (with_field(f"{HIDDEN}/V(12)", "12"), ""),
        (with_field(f"{NO_VIEW}/V(12)", "12"), ""),  # for a printer alone
        (with_field("/FT/Ch/F 4/Ff 131072/Opt[(12)(13)]/V(12)", "12"), "12"),
        (with_field("/FT/Ch/F 4/Opt[(12)(13)]/V(12)"), None),  # shows both
    ],
)  # fmt: skip
def test_a_figure_typed_into_a_field_is_what_it_holds_and_shows(data: bytes, cell: str | None) -> None:
    """None: they differ, and the page is looked at."""
    expected = ([[["a", "b"], [cell, "5"]]], []) if cell is not None else TO_BE_LOOKED_AT
    assert tables_and_pages(data) == expected


def test_a_page_that_is_drawn_to_be_looked_at_shows_its_fields() -> None:
    from PIL import Image

    from agent.reading.formats.pdf.document import read_pdf

    (page,) = read_pdf(with_field(f"{SHOWN}/V(12)", "34"), Budget(Limits())).pages
    scale = 200 / 72
    cell = Image.open(io.BytesIO(page.data)).crop(tuple(round(scale * one) for one in (56, 85, 80, 105)))
    assert min(low for low, _ in cell.getextrema()) < 100


def test_a_form_that_only_adobe_shows_is_told(read: Read) -> None:
    form = b"/NeedsRendering true/AcroForm<</Fields[]/XFA 6 0 R>>"
    data = drawn_pdf(at(50, 50, "Please wait"), "", "<</Length 4>>stream\n<x/>\nendstream")
    reading = read("动态.pdf", data.replace(b"/Type/Catalog", b"/Type/Catalog" + form))
    assert (reading.kind, rules(reading)) == ("unreadable", ["not_supported"])


def test_that_a_page_shows_something_else_than_it_says_is_told(read: Read, without_ocr: None) -> None:
    reading = read("字段.pdf", with_field(f"{SHOWN}/V(12)", "34"))
    told = [one for one in reading.findings if one.rule == "displayed_otherwise"]
    assert [(one.severity, "第 1 页" in one.text) for one in told] == [("warning", True)]


FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def saying(*pairs: tuple[str, str]) -> bytes:
    """The page, in a font that calls some of its digits by other names."""
    mapped = "".join(f"<{ord(one):02x}> <{ord(other):04x}>\n" for one, other in pairs)
    table = (
        "/CIDInit/ProcSet findresource begin 12 dict begin begincmap /CMapName/X def/CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(pairs)} beginbfchar\n{mapped}endbfchar\n"
        "endcmap end end"
    )
    data = drawn_pdf(FORM, "", f"<</Length {len(table) + 4}>>stream\n{table}\nendstream")
    return data.replace(FONT, FONT[:-2] + b"/ToUnicode 6 0 R>>")


def test_a_font_that_tells_its_digits_truly_is_believed() -> None:
    assert tables_and_pages(saying(*zip("ab125", "ab125", strict=True))) == READ_RIGHT


@pytest.mark.parametrize("other", "0689")
def test_a_font_that_calls_a_digit_another_is_looked_at(other: str) -> None:
    """By the holes in their shapes; that a 1 isn't called a 2 can't be told so."""
    data = saying(("a", "a"), ("b", "b"), ("1", other), ("2", "2"), ("5", "5"))
    assert tables_and_pages(data) == TO_BE_LOOKED_AT


def test_only_what_may_be_a_form_is_looked_at() -> None:
    """Not each page of a long account with photos: drawing all of them would take longer than a file may."""
    lying = saying(*zip("ab25", "ab25", strict=True), ("1", "8"))
    figures = bytes(FORM, "latin-1")
    for text, pages in (("in", []), ("patrols:", [1])):
        drawn = bytes(f"{at(50, 50, text)} {at(90, 50, '12')}", "latin-1")
        assert tables_and_pages(lying.replace(figures, drawn.ljust(len(figures)))) == ([], pages)


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", " "])
def test_a_point_that_calls_itself_a_blank_makes_no_number_ten_times_as_large(blank: str) -> None:
    data = saying(*zip("ab15", "ab15", strict=True), (".", blank)).replace(b"(12) Tj", b"(1.5)Tj ")
    assert tables_and_pages(data) == TO_BE_LOOKED_AT


def test_a_letter_that_says_it_is_two_digits_is_looked_at() -> None:
    data = saying(*zip("ab25", "ab25", strict=True), ("1", "1"))
    assert tables_and_pages(data) == READ_RIGHT
    assert tables_and_pages(data.replace(b"<31> <0031>", b"<31> <00310032>")) == TO_BE_LOOKED_AT


def test_figures_in_a_font_that_does_not_tell_what_its_letters_are_are_looked_at() -> None:
    coded = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    inner = "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>>>"
    texts = " ".join(at(60, y, "so many words in letters that are known") for y in range(20, 180, 20))
    data = drawn_pdf(f"{two_columns(*PLAIN)} {texts} BT /G 10 Tf 55 200 Td <00120013> Tj ET", "", inner)
    end = data.index(b"xref\n0")
    data = data[:end] + b"7 0 obj\n%b\nendobj\ntrailer<</Size 8/Root 1 0 R>>\n%%%%EOF" % coded
    data = data.replace(b"<</F 5 0 R>>", b"<</F 5 0 R/G 7 0 R>>", 1)
    assert tables_and_pages(data) == TO_BE_LOOKED_AT
