"""The list of what is missing (缺报清单), for telephoning: who owes what, since when, and what is wrong with it."""

from __future__ import annotations

from agent.base.plain import plain
from agent.dossier.overview import Overview
from agent.report.owed import Lack, lacks
from agent.report.sheets import Book, Sheet
from agent.report.words import Titles

HELD = {
    "unknown_sender": "发件邮箱未登记",
    "unit_conflict": "发件人与表中单位不一致",
    "failed_authentication": "发件人身份验证未通过",
    "automatic": "自动邮件里有统计表",
    "after_final": "定稿后发来",
}


def missing_workbook(overview: Overview, titles: Titles) -> bytes:
    """The list, and on a second sheet the mails that wait for the contact."""
    book = Book(titles.missing, overview.as_of, overview.campaign.mark)
    write_missing(book.sheet("缺报清单"), overview, titles.missing)
    if overview.held or overview.failed:
        _write_held(book.sheet("待核邮件"), overview)
    return book.finish()


def write_missing(sheet: Sheet, overview: Overview, title: str) -> None:
    """A row a unit; where nothing is missing, a line that says so."""
    columns = (
        ("单位", 20), ("缺什么", 26), ("截止日期", 15), ("是否逾期", 12), ("待补正的问题", 46), ("联系邮箱", 28),
    )  # fmt: skip
    rows = [_row(lack) for lack in lacks(overview)]
    below = sheet.listing(title, columns, rows or [("无", "", "", "", "各单位材料均已报齐。", "")])
    waiting = len(overview.held) + len(overview.failed)
    text = f"统计时间：{overview.as_of.strftime('%Y-%m-%d %H:%M')}。"
    if waiting:
        text += f"另有{waiting}封邮件待核或未能处理，里面可能有上列单位的材料，催报前请先核对。"
    sheet.span((below, 0, below, len(columns) - 1), text, align="left", border=0)
    sheet.raw.print_area(0, 0, below, len(columns) - 1)


def _row(lack: Lack) -> tuple[str, ...]:
    dossier = lack.dossier
    addresses = "\n".join(lack.addresses) or "未登记"
    return (
        dossier.unit.name,
        "、".join(lack.what),
        plain(dossier.deadline),
        _late(lack),
        "\n".join(f"{n}. {text}" for n, text in enumerate(lack.problems, start=1)),
        f"{addresses}\n（上次去信被退回，请电话联系）" if lack.unreachable else addresses,
    )


def _late(lack: Lack) -> str:
    if not lack.dossier.unit.required:
        return "非必报"
    if not lack.dossier.owes:
        return "否（已有统计表在册）"
    return f"逾期{lack.days_late}天" if lack.days_late else "未到期"


def _write_held(sheet: Sheet, overview: Overview) -> None:
    columns = (("编号", 8), ("收到时间", 18), ("发件人", 32), ("主题", 40), ("原因", 30), ("可能的单位", 16))
    names = overview.register.by_id
    rows = [
        (
            held.id,
            held.received.strftime("%Y-%m-%d %H:%M"),
            held.sender,
            held.subject,
            HELD[held.reason],
            names[held.suggested_unit].name if held.suggested_unit else (held.form_unit or ""),
        )
        for held in overview.held
    ]
    rows += [
        (
            "未能处理",
            failed.received.strftime("%Y-%m-%d %H:%M"),
            failed.sender,
            failed.subject,
            failed.reason,
            "",
        )
        for failed in overview.failed
    ]
    sheet.listing("待核和未能处理的邮件", columns, rows)
