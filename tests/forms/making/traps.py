"""Files in which a figure could be read wrongly without a sign of it: each was read wrongly once, or nearly."""

from __future__ import annotations

from typing import Any

from . import books, papers
from .model import Form, Styled
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, expect, flat, form, labels, row, texts
from .zips import rewritten

EVERY = [name for name in IDS if name != "remarks"]
LOST = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "*"))


def files() -> dict[str, tuple[bytes, Any]]:
    return {**_beside(), **_torn(), **_raised(), **_formats(), **_wrapped()}


def _beside() -> dict[str, tuple[bytes, Any]]:
    """Rows that stand a cell beside their headings."""
    lost = LOST.as_yaml()
    nearly = {**lost, "notes": ["?normalised:patrols"]}
    plain = papers.delimited([flat(texts())]).decode()
    broken = plain.replace(",1250,", ",1,250,")
    short = labels()
    short[:2] = ["巡查次数（次）"]
    top = ["巡查次数（次）", *labels()[2:]]
    pasted = "\n".join("\t".join(line) for line in (top, ["总计", "联合巡查"], texts()))
    headed = "\n".join("    ".join(line) for line in ABOVE) + "\n" + pasted
    lacking = Form(ABOVE, [short, texts()], (), (FOOTNOTE,))
    return {
        "thousands-without-quotes.csv": (broken.encode(), lost),
        "thousands-without-quotes-and-remarks.csv": (broken.replace("无异常", "").encode("gb18030"), lost),
        "a-word-table-pasted-as-text.eml": (papers.mail(text=headed), lost),
        "a-word-table-pasted-as-text.txt": (headed.encode(), lost),
        "thirteen-labels-for-fourteen-figures.csv": (papers.delimited([lacking]), nearly),
        "thirteen-labels-for-fourteen-figures.html": (papers.html([lacking]), nearly),
        "thirteen-labels-for-fourteen-figures.docx": (papers.docx([lacking]), nearly),
        "thirteen-labels-for-fourteen-figures.xlsx": (books.xlsx([lacking]), nearly),
    }


def _torn() -> dict[str, tuple[bytes, Any]]:
    """A cell deleted from the row of figures, or one inserted: what stands behind it moves."""
    made = {}
    cell = r"<w:tc>(?:(?!<w:tc>).)*?<w:t>17</w:t>.*?</w:tc>"
    paper = papers.docx([form(texts(remarks=""))])
    page = papers.html([form(texts(remarks=""))]).decode()
    for name, times in (("deleted", 0), ("inserted", 2)):
        word = rewritten(paper, "word/document.xml", f"({cell})", r"\1" * times)
        made[f"a-cell-{name}.docx"] = (word, LOST.as_yaml())
        torn = page.replace("<td>17</td>", "<td>17</td>" * times)
        made[f"a-cell-{name}.html"] = (torn.encode(), LOST.as_yaml())
        made[f"a-cell-{name}.eml"] = (papers.mail(page=torn), LOST.as_yaml())
    # The right border of the figures' row dragged a little: Word gives it a grid column of its own.
    dragged = rewritten(papers.docx([form(texts())]), "word/document.xml", "<w:tr><w:tc>", DRAGGED)
    dragged = rewritten(
        dragged, "word/document.xml", r"(<w:tcW[^>]*/>)(</w:tcPr><w:p><w:r>(?:<w:rPr/>)?<w:t>无异常)", WIDE
    )
    return made | {"a-border-dragged-aside.docx": (dragged, expect().as_yaml())}


DRAGGED = '<w:tr><w:trPr><w:gridAfter w:val="1"/></w:trPr><w:tc>'
WIDE = r'\1<w:gridSpan w:val="2"/>\2'


def _raised() -> dict[str, tuple[bytes, Any]]:
    """27 with a raised 1 is not 271."""
    refused = expect(errors={"people_persuaded": "*"}).as_yaml()
    marker = "27777"
    marked = [form(texts(people_persuaded=marker))]
    word = rewritten(
        papers.docx(marked),
        "word/document.xml",
        f"<w:r>(?:<w:rPr/>)?<w:t>{marker}</w:t></w:r>",
        '<w:r><w:t>27</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>',
    )
    sheet = rewritten(
        books.xlsx(marked),
        "xl/worksheets/sheet1.xml",
        f"<t>{marker}</t>",
        '<r><t>27</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>',
    )
    page = papers.html(marked).decode()
    return {
        "a-raised-footnote-mark.docx": (word, refused),
        "a-raised-footnote-mark.xlsx": (sheet, refused),
        "a-raised-footnote-mark.html": (page.replace(marker, "27<sup>1</sup>").encode(), refused),
        "a-raised-footnote-mark-by-style.html": (
            page.replace(marker, "27<span style='vertical-align: super'>1</span>").encode(),
            refused,
        ),
    }


def _formats() -> dict[str, tuple[bytes, Any]]:
    """10-20, typed in a Chinese Excel, becomes a date in a format that no file spells out."""
    made = {}
    for number, value in ((58, 45585), (31, 45352), (57, 45352), (55, 0.5)):
        data = books.xlsx([form(row(people_persuaded=Styled(value, format='"x"0')))])
        data = rewritten(data, "xl/styles.xml", "<numFmts.*?</numFmts>", "")
        data = rewritten(data, "xl/styles.xml", 'numFmtId="164"', f'numFmtId="{number}"')
        made[f"a-date-in-built-in-format-{number}.xlsx"] = (
            data,
            expect(errors={"people_persuaded": "not_a_number"}).as_yaml(),
        )
    line = [ABOVE[0], ("单位：青年镇人民政府", "", "填报时间：", Styled(45352, format='"x"0')), ABOVE[2]]
    data = rewritten(books.xlsx([form(above=line)]), "xl/styles.xml", "<numFmts.*?</numFmts>", "")
    data = rewritten(data, "xl/styles.xml", 'numFmtId="164"', 'numFmtId="31"')
    return made | {"the-date-of-the-form-in-built-in-format-31.xlsx": (data, expect().as_yaml())}


def _wrapped() -> dict[str, tuple[bytes, Any]]:
    """Mails whose page frames the text in a table, strikes lines out, or hides them."""
    pairs = [text for line in ABOVE[1:] for text in line]
    pairs += [f"{label.split('（')[0]}：{FIGURES[name]}" for name, label in zip(IDS, labels(), strict=True)]
    good = expect().as_yaml()
    framed = f"<table width='600'><tr><td>{'<br>'.join(pairs)}</td></tr></table>"
    struck = ["<s>劝导人数：30</s>", *pairs]
    hidden = ["<span style='display:none'>劝导人数：30</span>", *pairs]
    return {
        "lines-framed-by-a-table.eml": (papers.mail(page=framed), good),
        "a-struck-line-above.eml": (papers.mail(page="<br>".join(struck)), good),
        "a-hidden-line-above.eml": (papers.mail(page="<br>".join(hidden)), good),
        "lines-in-paragraphs.eml": (papers.mail(page="".join(f"<p>{line}</p>" for line in pairs)), good),
    }
