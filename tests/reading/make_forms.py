"""Filled forms for tests, written by the libraries that others write them with."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

TITLE = "“冬季送温暖”专项救助行动情况统计表"
ABOVE = ("单位：青年镇人民政府", "填报时间：2024年3月1日", "填报人：张三", "联系电话：000-00000000")
NOTE = "注：请于2024年3月5日前将此表报区民政局，联系人：李四，电话：000-11111111，邮箱：report@civil.example"
HEADINGS = (
    "巡查次数（次）",
    "",
    "出动工作人员（人次）",
    "动员社会力量参与（人次）",
    "准备物资（万元）",
    "发放物资（万元）",
    "发放宣传资料（份）",
    "媒体宣传（次）",
    "感人事迹（个）",
    "劝导人数（人）",
    "劝导进站救助人数（人）",
    "救助危重病人（人）",
    "救助未成年人（人）",
    "备注",
)
SUBHEADINGS = ("总计", "联合巡查", *[""] * 12)
FIGURES: tuple[Any, ...] = (12, 5, 36, 20, 1.25, 0.8, "3，000", "４", 2, 15, 6, 1, 0, "春节期间加密巡查")
EXPECTED = {
    "patrols": Decimal(12),
    "joint_patrols": Decimal(5),
    "staff_deployed": Decimal(36),
    "volunteers_mobilised": Decimal(20),
    "supplies_prepared": Decimal("1.25"),
    "supplies_distributed": Decimal("0.8"),
    "leaflets_distributed": Decimal(3000),
    "media_reports": Decimal(4),
    "moving_stories": Decimal(2),
    "people_persuaded": Decimal(15),
    "people_brought_to_station": Decimal(6),
    "critically_ill_helped": Decimal(1),
    "minors_helped": Decimal(0),
    "remarks": "春节期间加密巡查",
}
NARRATIVE = (
    "青年镇“冬季送温暖”专项救助行动开展情况：我镇高度重视，组织民政、派出所、社区对车站、桥洞、广场等重点区域开展拉网式巡查，"
    "对流浪乞讨人员劝导进站，为危重病人联系医院，并通过微信群、宣传栏广泛宣传救助政策，营造了良好的社会氛围。下一步将继续加大巡查力度。"
)


def xlsx(figures: Sequence[Any] = FIGURES, title: str = "Sheet1") -> bytes:
    """By openpyxl: title, two lines, a header of two levels with merges, one row of figures, the note."""
    return saved(workbook(figures, title))


def workbook(figures: Sequence[Any] = FIGURES, title: str = "Sheet1") -> Any:
    """The same, still open: ``book.active`` has its figures in row 6."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet["A1"] = TITLE
    sheet.merge_cells("A1:N1")
    sheet["A2"], sheet["J2"], sheet["A3"], sheet["J3"] = ABOVE
    for column in range(1, 15):
        sheet.cell(4, column, HEADINGS[column - 1] or None)
        sheet.cell(5, column, SUBHEADINGS[column - 1] or None)
        sheet.cell(6, column, figures[column - 1])
    sheet.merge_cells("A4:B4")
    for letter in "CDEFGHIJKLMN":
        sheet.merge_cells(f"{letter}4:{letter}5")
    sheet["A7"] = NOTE
    sheet.merge_cells("A7:N7")
    return book


def saved(book: Any) -> bytes:
    """The bytes of anything that can be saved."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xls(figures: Sequence[Any] = FIGURES) -> bytes:
    """By xlwt."""
    return saved(old_workbook(figures)[0])


def old_workbook(figures: Sequence[Any] = FIGURES) -> tuple[Any, Any]:
    """An xlwt book and its sheet; the figures stand in row 6."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1", cell_overwrite_ok=True)
    sheet.write_merge(0, 0, 0, 13, TITLE)
    for (row, column), text in zip(((1, 0), (1, 9), (2, 0), (2, 9)), ABOVE, strict=True):
        sheet.write(row, column, text)
    sheet.write_merge(3, 3, 0, 1, HEADINGS[0])
    for column in range(2, 14):
        sheet.write_merge(3, 4, column, column, HEADINGS[column])
    for column in range(2):
        sheet.write(4, column, SUBHEADINGS[column])
    for column, value in enumerate(figures):
        sheet.write(5, column, value)
    sheet.write_merge(6, 6, 0, 13, NOTE)
    return book, sheet


def ods(figures: Sequence[Any] = FIGURES) -> bytes:
    """By odfpy."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="Sheet1")
    document.spreadsheet.addElement(table)

    def text(value: str, **spans: int) -> Any:
        cell = TableCell(valuetype="string", **spans)
        cell.addElement(P(text=value))
        return cell

    def add(*cells: Any) -> None:
        row = TableRow()
        for cell in cells:
            row.addElement(cell)
        table.addElement(row)

    def value(one: Any) -> Any:
        if isinstance(one, str):
            return text(one)
        cell = TableCell(valuetype="float", value=str(one))
        cell.addElement(P(text=str(one)))
        return cell

    add(text(TITLE, numbercolumnsspanned=14), CoveredTableCell(numbercolumnsrepeated=13))
    add(text(ABOVE[0]), TableCell(numbercolumnsrepeated=8), text(ABOVE[1]))
    add(text(ABOVE[2]), TableCell(numbercolumnsrepeated=8), text(ABOVE[3]))
    spans = [text(HEADINGS[0], numbercolumnsspanned=2), CoveredTableCell()]
    add(*spans, *[text(heading, numberrowsspanned=2) for heading in HEADINGS[2:]])
    add(text("总计"), text("联合巡查"), CoveredTableCell(numbercolumnsrepeated=12))
    add(*[value(one) for one in figures])
    add(text(NOTE, numbercolumnsspanned=14))
    return saved(document)


def docx(figures: Sequence[Any] = FIGURES, narrative: str = "", pictures: Sequence[bytes] = ()) -> bytes:
    """By python-docx."""
    return saved(word(figures, narrative, pictures))


def word(figures: Sequence[Any] = FIGURES, narrative: str = "", pictures: Sequence[bytes] = ()) -> Any:
    """The same, still open: the form is ``document.tables[0]``, its figures in row 2."""
    from docx import Document

    document = Document()
    if narrative:
        document.add_paragraph(narrative)
    document.add_paragraph(TITLE)
    document.add_paragraph(f"{ABOVE[0]}　　　　{ABOVE[1]}")
    document.add_paragraph(f"{ABOVE[2]}　　　　{ABOVE[3]}")
    top, middle, bottom = (
        row.cells for row in document.add_table(rows=3, cols=14).rows
    )  # .cell() seeks each anew
    for column in range(14):
        middle[column].text = SUBHEADINGS[column]
        bottom[column].text = str(figures[column])
    for column in range(2, 14):
        top[column].merge(middle[column]).text = HEADINGS[column]
    top[0].merge(top[1]).text = HEADINGS[0]
    document.add_paragraph(NOTE)
    for picture in pictures:
        document.add_picture(io.BytesIO(picture))
    return document


def html_table(figures: Sequence[Any] = FIGURES) -> str:
    """The form as a table, with the lines around it."""
    first = f"<td colspan=2>{HEADINGS[0]}</td>" + "".join(f"<td rowspan=2>{one}</td>" for one in HEADINGS[2:])
    cells = "".join(f"<td>{one}</td>" for one in figures)
    return (
        f"<p>{TITLE}</p><p>{ABOVE[0]}&nbsp;&nbsp;&nbsp;{ABOVE[1]}</p><p>{ABOVE[2]}&nbsp;&nbsp;{ABOVE[3]}</p>"
        f"<table border=1><tr>{first}</tr><tr><td>总计</td><td>联合巡查</td></tr><tr>{cells}</tr></table><p>{NOTE}</p>"
    )


def html(figures: Sequence[Any] = FIGURES, charset: str = "utf-8") -> bytes:
    """A page of its own."""
    page = f'<html><head><meta charset="{charset}"></head><body>{html_table(figures)}</body></html>'
    return page.encode(charset)


def flat_rows(figures: Sequence[Any] = FIGURES) -> list[list[str]]:
    """The form with a header of one level, as text."""
    headings = ["巡查次数总计（次）", "联合巡查（次）", *HEADINGS[2:]]
    return [headings, [str(one) for one in figures]]


def csv(figures: Sequence[Any] = FIGURES, encoding: str = "utf-8-sig") -> bytes:
    """With the header values in the first rows, as Excel saves them."""
    import csv as library

    buffer = io.StringIO()
    writer = library.writer(buffer, lineterminator="\r\n")
    writer.writerow([TITLE])
    writer.writerow([ABOVE[0], ABOVE[1]])
    writer.writerow([ABOVE[2], ABOVE[3]])
    writer.writerows(flat_rows(figures))
    return buffer.getvalue().encode(encoding)


def tabbed(figures: Sequence[Any] = FIGURES) -> str:
    """As a table pasted into a plain text."""
    return "\n".join([TITLE, *ABOVE, "", *["\t".join(row) for row in flat_rows(figures)], "", NOTE])


def pairs(figures: Sequence[Any] = FIGURES) -> str:
    """A line for each figure."""
    headings, values = flat_rows(figures)
    lines = [f"{heading}：{value}" for heading, value in zip(headings, values, strict=True)]
    return "\n".join([TITLE, *ABOVE, "", *lines])


def mail(
    text: str = "", html_text: str = "", subject: str = "报送统计表", files: Sequence[tuple[str, bytes]] = ()
) -> bytes:
    """A mail with text, HTML and attachments."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = "qingnian@town.example"
    message["To"] = "report@civil.example"
    message["Subject"] = subject
    message["Message-ID"] = "<1@town.example>"
    message.set_content(text)
    if html_text:
        message.add_alternative(html_text, subtype="html")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zipped(members: Sequence[tuple[str, bytes]], names: str = "utf-8", flagged: bool = True) -> bytes:
    """A zip; ``names="gbk"`` writes them as Chinese Windows does; the UTF-8 flag only for flagged UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name) if names == "utf-8" and flagged else _RawName(name)
            if isinstance(info, _RawName):
                info.raw = name.encode(names)
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class _RawName(zipfile.ZipInfo):
    """A member whose name is written as these bytes, without the UTF-8 flag."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (zipfile's name)
        return self.raw, self.flag_bits & ~0x800


def converted(data: bytes, suffix: str, target: str, folder: Path) -> bytes:
    """The same document written by LibreOffice in another format."""
    source = folder / f"form{suffix}"
    source.write_bytes(data)
    out = folder / "out"
    profile = folder / "profile"
    profile_option = f"-env:UserInstallation={profile.as_uri()}"
    subprocess.run(
        ["soffice", profile_option, "--headless", "--convert-to", target, "--outdir", str(out), str(source)],
        check=True,
        capture_output=True,
        timeout=100,
        env={**os.environ, "HOME": str(folder)},
    )
    return next(out.glob(f"form.{target.split(':')[0]}")).read_bytes()
