"""Forms as documents and texts: python-docx for .docx, by hand for HTML, CSV, plain text and mails."""

from __future__ import annotations

import csv
import html as markup
import io
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

from .books import placed, styled
from .model import Form, Formula, Styled
from .zips import settled


def shown(content: Any) -> str:
    """A cell as a document has it: text."""
    value = content.value if isinstance(content, Styled) else content
    if value is None or isinstance(value, Formula):
        return ""
    return str(value)


def docx(forms: Sequence[Form]) -> bytes:
    from docx import Document

    document = Document()
    slim(document)
    for form in forms:
        for line in form.above:
            document.add_paragraph("        ".join(map(shown, line)))
        if form.cells:
            _docx_table(document, form)
        for text in form.below:
            document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return settled(file.getvalue())


def slim(document: Any) -> None:
    """Without the parts of python-docx's template that say nothing: most of its 36 KB."""
    for rels in (document.part.package.rels, document.part.rels):
        for key in [
            key
            for key, rel in rels.items()
            if rel.reltype.endswith(("thumbnail", "Effects", "theme", "customXml"))
        ]:
            del rels[key]
    styles = document.styles.element
    for style in list(styles):
        if style.get(_NAME) and style.get(_NAME) not in (
            "Normal",
            "TableNormal",
            "TableGrid",
            "DefaultParagraphFont",
        ):
            styles.remove(style)


_NAME = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}styleId"


def _docx_table(document: Any, form: Form) -> None:
    width = max(map(len, form.cells))
    table = document.add_table(len(form.cells), width)
    table.style = "Table Grid"
    grid = [list(row.cells) for row in table.rows]
    for row, line in enumerate(form.cells):
        for column, content in enumerate(line):
            if content is not None:
                _docx_text(grid[row][column], styled(content))
        if row in form.hidden_rows:
            from docx.oxml import OxmlElement

            table.rows[row]._tr.get_or_add_trPr().append(OxmlElement("w:hidden"))
    for first_row, first, last_row, last in form.merges:
        merged = grid[first_row][first].merge(grid[last_row][last])
        for paragraph in merged.paragraphs[1:]:
            if not paragraph.text:
                paragraph._p.getparent().remove(paragraph._p)


def _docx_text(cell: Any, content: Styled) -> None:
    paragraph = cell.paragraphs[0]
    for place, line in enumerate(shown(content).split("\n")):
        if place:
            paragraph = cell.add_paragraph()
        run = paragraph.add_run(line)
        run.font.strike = content.struck or None
        run.font.hidden = content.hidden or None
        if content.inserted:
            _tracked("w:ins", run)
    if content.deleted:
        run = paragraph.add_run(content.deleted)
        _tracked("w:del", run)


def _tracked(kind: str, run: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    wrapper = OxmlElement(kind)
    for name, value in (("w:id", "7"), ("w:author", "张三"), ("w:date", "2024-03-01T09:00:00Z")):
        wrapper.set(qn(name), value)
    run._r.addprevious(wrapper)
    wrapper.append(run._r)
    if kind == "w:del":
        for text in run._r.findall(qn("w:t")):
            text.tag = qn("w:delText")


def html_table(form: Form) -> str:
    covered = {
        (row, column)
        for first_row, first, last_row, last in form.merges
        for row in range(first_row, last_row + 1)
        for column in range(first, last + 1)
    } - {(one[0], one[1]) for one in form.merges}
    spans = {(one[0], one[1]): (one[2] - one[0] + 1, one[3] - one[1] + 1) for one in form.merges}
    width = max(map(len, form.cells))
    lines = ["<table border='1'>"]
    for row, line in enumerate(form.cells):
        lines.append("<tr style='display:none'>" if row in form.hidden_rows else "<tr>")
        for column in range(width):
            if (row, column) in covered:
                continue
            cell = styled(line[column] if column < len(line) else None)
            attributes = ""
            if (row, column) in spans:
                attributes = " rowspan='{}' colspan='{}'".format(*spans[row, column])
            text = markup.escape(shown(cell)).replace("\n", "<br>")
            if cell.struck:
                text = f"<s>{text}</s>"
            if cell.hidden:
                text = f"<span style='display:none'>{text}</span>"
            if cell.inserted:
                text = f"<ins>{text}</ins>"
            if cell.deleted:
                text += f"<del>{cell.deleted}</del>"
            lines.append(f"<td{attributes}>{text}</td>")
        lines.append("</tr>")
    return "\n".join([*lines, "</table>"])


def html_body(forms: Sequence[Form]) -> str:
    parts = []
    for form in forms:
        parts += [f"<p>{markup.escape('　　　　'.join(map(shown, line)))}</p>" for line in form.above]
        if form.cells:
            parts.append(html_table(form))
        parts += [f"<p>{markup.escape(text)}</p>" for text in form.below]
    return "\n".join(parts)


def html(forms: Sequence[Form]) -> bytes:
    page = f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{html_body(forms)}</body></html>"
    return page.encode()


def lines_of(form: Form) -> list[list[str]]:
    cells, _ = placed(form)
    width = max(column for _, column, _ in cells) + 1
    lines = [[""] * width for _ in range(max(row for row, _, _ in cells) + 1)]
    for row, column, content in cells:
        lines[row][column] = shown(content)
    return lines


def delimited(forms: Sequence[Form], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO()
    for form in forms:
        csv.writer(text, delimiter=delimiter).writerows(lines_of(form))
    return text.getvalue().encode(encoding)


def mail(
    text: str | None = None,
    page: str | None = None,
    attachments: Sequence[tuple[str, bytes]] = (),
    subject: str = "“冬季送温暖”专项救助行动统计表",
) -> bytes:
    """A mail as a township sends it."""
    message = EmailMessage()
    message["From"] = "青年镇民政办 <qingnian@town.example>"
    message["To"] = "report@civil.example"
    message["Subject"] = subject
    message["Date"] = "Fri, 01 Mar 2024 10:00:00 +0800"
    message["Message-ID"] = "<1@town.example>"
    message.set_content(text if text is not None else "见附件。")
    if page is not None:
        if text is None:
            message.clear_content()
            message.set_content(page, subtype="html")
        else:
            message.add_alternative(page, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return _with_fixed_boundaries(message)


def _with_fixed_boundaries(message: EmailMessage) -> bytes:
    for place, part in enumerate(one for one in message.walk() if one.is_multipart()):
        part.set_boundary(f"=={place}==")
    return message.as_bytes()
