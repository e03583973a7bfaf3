"""Mails whose own text holds the form, or must not be taken for one."""

from __future__ import annotations

from typing import Any

from . import books, papers
from .notice import ABOVE, COLUMNS, FIGURES, FOOTNOTE, IDS, SINGLE, expect, flat, form, row, texts

File = tuple[bytes, Any]


def files() -> dict[str, File]:
    return {**_pasted(), **_quoted(), **_attached()}


def pairs(figures: dict[str, str] = FIGURES, measures: bool = False, colon: str = "：") -> str:
    """The form as lines of a label and a figure."""
    lines = [text for line in ABOVE[1:] for text in line]
    for name, _, label, measure in COLUMNS:
        behind = measure if measures and measure else ""
        lines.append(f"{SINGLE.get(name, label)}{colon}{figures[name]}{behind}")
    return "\n".join(lines)


def tabs(*rows: list[Any]) -> str:
    grid = flat(*rows).cells
    lines = ["    ".join(line) for line in ABOVE]
    return "\n".join([*lines, *("\t".join(map(papers.shown, line)) for line in grid), FOOTNOTE])


def _pasted() -> dict[str, File]:
    good = expect().as_yaml()
    page = papers.html_body([form()])
    blank = expect(errors={"minors_helped": "blank"}).as_yaml()
    greeting = "区民政局：\n    现将我镇统计表报上，请查收。\n\n"
    signature = "\n\n--\n青年镇民政办\n电话：000-22222222\n"
    both = papers.mail(text=tabs(texts()), page=page)
    return {
        "a-table-pasted-as-html.eml": (papers.mail(page=f"<p>现将统计表报上：</p>{page}"), good),
        "a-table-pasted-beside-plain-text.eml": (both, good),
        "a-table-pasted-with-tabs.eml": (papers.mail(text=greeting + tabs(texts())), good),
        "a-table-pasted-with-tabs-and-a-blank.eml": (
            papers.mail(text=greeting + tabs(texts(minors_helped=""))),
            blank,
        ),
        "lines-of-label-and-figure.eml": (papers.mail(text=greeting + pairs()), good),
        "lines-of-label-and-figure-with-measures.eml": (
            papers.mail(text=greeting + pairs(measures=True)),
            good,
        ),
        "lines-with-half-width-colons.eml": (papers.mail(text=greeting + pairs(colon=": ")), good),
        "lines-and-a-signature.eml": (papers.mail(text=greeting + pairs() + signature), good),
        "lines-with-a-figure-not-exact.eml": (
            papers.mail(text=greeting + pairs({**FIGURES, "people_persuaded": "约30"})),
            expect(errors={"people_persuaded": "not_exact"}).as_yaml(),
        ),
        "lines-with-one-left-out.eml": (
            papers.mail(
                text=greeting + "\n".join(line for line in pairs().split("\n") if "未成年" not in line)
            ),
            expect(errors={"minors_helped": "*"}).as_yaml(),
        ),
        "lines-with-one-twice.eml": (
            papers.mail(text=greeting + pairs() + "\n劝导人数：30"),
            expect(errors={"people_persuaded": "two_columns"}).as_yaml(),
        ),
        "a-plain-table-in-a-text-file.txt": (tabs(texts()).encode("gb18030"), good),
    }


def _quoted() -> dict[str, File]:
    other = {**FIGURES, "patrols": "40", "people_persuaded": "20"}
    old = [form(row(patrols=40, people_persuaded=20))]
    marked = "\n".join(f"> {line}" for line in pairs(other).split("\n"))
    history = "在 2024年2月28日 09:00，report@civil.example 写道：\n"
    original = "------------------ 原始邮件 ------------------\n发件人: report@civil.example\n发送时间: 2024年2月28日 09:00\n收件人: qingnian@town.example\n主题: 统计表\n\n"
    forwarded = "---------- 转发的邮件 ----------\n发件人: 青年镇民政办 <qingnian@town.example>\n日期: 2024年3月1日\n主题: 统计表\n收件人: report@civil.example\n\n"
    quote = papers.html_body(old)
    return {
        "figures-only-in-a-quotation.eml": (papers.mail(text=f"收到，谢谢。\n\n{history}{marked}\n"), None),
        "figures-only-under-an-original-mail.eml": (papers.mail(text=f"收到，谢谢。\n\n{original}{pairs(other)}\n"), None),
        "a-table-only-in-a-blockquote.eml": (papers.mail(page=f"<p>收到，谢谢。</p><blockquote>{quote}</blockquote>"), None),
        "a-table-only-in-a-gmail-quotation.eml": (
            papers.mail(page=f"<div>收到，谢谢。</div><div class='gmail_quote'><div class='gmail_attr'>{history}</div>{quote}</div>"),
            None,
        ),
        "new-lines-above-quoted-ones.eml": (papers.mail(text=f"更正如下：\n{pairs()}\n\n{history}{marked}\n"), expect().as_yaml()),
        "new-lines-above-an-original-mail.eml": (papers.mail(text=f"更正如下：\n{pairs()}\n\n{original}{pairs(other)}\n"), expect().as_yaml()),
        "a-new-table-above-a-quoted-one.eml": (papers.mail(page=f"<p>更正如下：</p>{papers.html_body([form()])}<blockquote>{quote}</blockquote>"), expect().as_yaml()),
        "a-new-table-with-tabs-above-a-quoted-one.eml": (
            papers.mail(text=f"更正如下：\n{tabs(texts())}\n\n{history}" + "\n".join(f"> {line}" for line in tabs(texts(patrols="40")).split("\n"))),
            expect().as_yaml(),
        ),
        "a-forwarded-mail.eml": (papers.mail(text=f"{forwarded}{pairs()}\n", subject="Fwd: 统计表"), expect().as_yaml()),
    }  # fmt: skip


def _attached() -> dict[str, File]:
    good = expect().as_yaml()
    book, paper = books.xlsx([form()]), papers.docx([form()])
    inner = papers.mail(attachments=[("统计表.docx", paper)])
    other = expect({"patrols": "43"}).as_yaml()
    return {
        "an-attachment.eml": (papers.mail(attachments=[("统计表.xlsx", book)]), good),
        "an-attachment-with-a-false-ending.eml": (papers.mail(attachments=[("统计表.xls", book)]), good),
        "an-attached-mail.eml": (papers.mail(attachments=[("转发.eml", inner)]), good),
        "two-attachments.eml": (
            papers.mail(
                attachments=[
                    ("统计表.xlsx", book),
                    ("统计表（更正）.docx", papers.docx([form(row(patrols=43))])),
                ]
            ),
            [good, other],
        ),
        "lines-in-the-text-and-an-attachment.eml": (
            papers.mail(text=pairs(), attachments=[("统计表.docx", paper)]),
            [good, good],
        ),
    }


assert len(IDS) == 14
