"""A made-up district's mails, for the letters' tests and for gallery.py, which draws them to be looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.settings import Contact
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier, assemble
from agent.dossier.oddities import across_units
from agent.dossier.open_items import OpenItem
from agent.dossier.overview import (
    Health,
    Held,
    LetterCounts,
    MessageCounts,
    Overview,
    Told,
)
from agent.dossier.submission import Decision, Piece, Submission
from agent.judging.command_words import Order
from agent.letters import Answered, Decided
from agent.reading.reading import Figure, Form

ROOT = Path(__file__).resolve().parent.parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
SENDER = "report@civil.example"
CONTACT = Contact(name="民政局联系人", address="contact@civil.example", phone="000-00000000")
FIGURES = (12, 5, 48, 30, "1.25", "1.2", 3000, 2, 1, 25, 3, 0, 1)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def form_values(
    campaign: Campaign, figures: Sequence[object] = FIGURES, remarks: str = ""
) -> dict[str, Figure]:
    """One value a figure, in the form's order; None stays None."""
    numbers = dict(zip((one.id for one in campaign.form.figures), figures, strict=True))
    values: dict[str, Figure] = {
        name: None if one is None else Decimal(str(one)) for name, one in numbers.items()
    }
    return {**values, **{one.id: remarks for one in campaign.form.fields if not one.is_figure}}


def form(unit: Unit, values: dict[str, Figure], **changes: object) -> Form:
    columns = "BCDEFGHIJKLMNOPQRSTUVW"
    sources = {name: f"Sheet1!{columns[at]}6" for at, name in enumerate(values)}
    made = Form(f"{unit.name}人民政府", dt.date(2024, 3, 1), "张某某", "000-00000000", values, sources)
    return replace(made, **changes)  # type: ignore[arg-type]


def mail(seq: int, received: str, subject: str = "报送材料", **content: object) -> Submission:
    """A mail that joined a dossier; its SHA-256 is made from its number."""
    base = Submission(seq, f"{seq:064x}", moment(received), "qingnian@town.example", subject)
    return replace(base, **content)  # type: ignore[arg-type]


def form_file(name: str = "青年镇统计表.xlsx", seed: str = "f") -> Piece:
    return Piece(name, seed * 64, "form")


def photo(number: int) -> Piece:
    return Piece(f"IMG_{number:04d}.jpg", f"{number:064d}", "photo", pixels=f"pixels-{number}")


def narrative(name: str = "青年镇专项行动开展情况.docx") -> Piece:
    return Piece(name, "e" * 64, "narrative", is_narrative=True)


def answer(submission: Submission, **changes: object) -> Answered:
    answered = Answered(
        message=submission.message,
        message_id=f"<{submission.seq}.20240301@town.example>",
        references=("<first@town.example>",),
        subject=submission.subject,
        to=submission.sender,
        received=submission.received,
    )
    return replace(answered, **changes)  # type: ignore[arg-type]


def dossier(
    campaign: Campaign, unit: Unit, mails: Sequence[Submission], decisions: Sequence[Decision] = ()
) -> Dossier:
    return assemble(unit, mails, decisions, campaign)


ERRORS = (
    Finding(
        "error", "not_exact", "“出动工作人员”写的是“约40人次”，请填准确数字。", "staff_deployed", "约40人次"
    ),
    Finding("error", "blank", "“发放宣传资料”未填写，如无请填 0。", "leaflets_distributed", ""),
    Finding(
        "error",
        "wrong_measure",
        "“媒体宣传”写的是“2篇”，单位不符：此栏以“次”计，请按“次”填写数字。",
        "media_reports",
        "2篇",
    ),
)
NOTES = (
    Finding(
        "note",
        "normalised",
        "“救助危重病人”写的是“无”，按 0 登记。如不对，请更正后重报。",
        "critically_ill_helped",
        "无",
    ),
    Finding(
        "note",
        "normalised",
        "“准备物资”写的是“12500元”，按 1.25 万元登记。如不对，请更正后重报。",
        "supplies_prepared",
        "12500元",
    ),
)
PICTURE = Finding("note", "from_picture", "统计表是照片或扫描件，各数由文字识别读出，请逐项核对。")
REST = Finding("error", "rest_unsaid", "没有写明其余各数是否无误。如果无误，请加一行“其余无误”。")
LOCKED = Finding(
    "error",
    "encrypted",
    "“青年镇照片.zip”设有密码，无法打开。请去掉密码后重新发送，或直接把照片作为附件发送。",
)


def cases(campaign: Campaign, register: Register) -> dict[str, tuple[Answered, Dossier, Dossier]]:
    """Mails by what they are: the answer's address, the dossier before, the dossier after."""
    unit = register.by_id["qingnian"].model_copy(update={"senders": ("qingnian@town.example",)})
    good = form_values(campaign, remarks="另有棉被 120 床由社会捐赠，未计入物资。")
    first = mail(
        1,
        "2024-03-01T09:32",
        "青年镇“冬季送温暖”统计表",
        pieces=(form_file(),),
        form=form(unit, good),
        form_file=form_file(),
        form_findings=NOTES,
    )
    photos = tuple(photo(number) for number in range(1, 6))
    second = mail(2, "2024-03-02T15:20", "青年镇照片和情况", pieces=(narrative(), *photos, photos[0]))
    changed = form_values(campaign, (13, 5, 50, 30, "1.25", "1.25", 3000, 2, 1, 25, 3, 0, 1))
    newer = mail(
        3,
        "2024-03-04T11:05",
        "青年镇统计表（更正）",
        pieces=(form_file("青年镇统计表（改）.xlsx", "d"),),
        form=form(unit, changed),
        form_file=form_file("青年镇统计表（改）.xlsx", "d"),
    )
    odd = form_values(campaign, (12, 5, 8, 30, "1250", "1.2", 3000, 2, 1, 25, 3, 0, 1))
    warned = replace(first, seq=4, message=f"{4:064x}", form=form(unit, odd), form_findings=())
    wrong = form_values(campaign, (5, 7, None, 30, "1.25", "1.5", None, None, 1, 25, 3, 0, 1))
    bad = mail(
        5,
        "2024-03-04T16:48",
        "青年镇统计表更正",
        pieces=(form_file("青年镇统计表（改）.xlsx", "c"), *photos[:2]),
        form=form(unit, wrong),
        form_file=form_file("青年镇统计表（改）.xlsx", "c"),
        form_findings=(*ERRORS, NOTES[0]),
        findings=(LOCKED,),
    )
    picture = replace(
        first,
        seq=6,
        message=f"{6:064x}",
        received=moment("2024-03-04T10:00"),
        form=replace(form(unit, good), needs_confirmation=True),
        form_findings=(PICTURE,),
        form_file=form_file("微信图片_20240304.jpg"),
        pieces=(form_file("微信图片_20240304.jpg"),),
    )
    partly = mail(
        11,
        "2024-03-04T13:00",
        "Re: 【请确认】青年镇统计表",
        answers=picture.message,
        corrections={"leaflets_distributed": Decimal(3200)},
        correction_findings=(REST,),
    )
    corrected = replace(partly, seq=12, message=f"{12:064x}", confirms=True, correction_findings=())
    yes = mail(7, "2024-03-04T14:00", "Re: 【请确认】青年镇统计表", confirms=True)
    explained = mail(
        8,
        "2024-03-04T14:30",
        "Re: 【回执】",
        explanation="物资为全镇储备，含上年结转 1100 万元，已核对台账。",
    )
    locked = mail(9, "2024-03-06T08:10", "青年镇材料", findings=(LOCKED,))
    late = replace(first, seq=10, message=f"{10:064x}", received=moment("2024-03-07T09:00"))

    def case(
        before: Sequence[Submission], new: Submission, **changes: object
    ) -> tuple[Answered, Dossier, Dossier]:
        after = dossier(campaign, unit, (*before, new))
        return answer(new, **changes), dossier(campaign, unit, before), after

    return {
        "receipt_first": case([], first),
        "receipt_materials": case([first], second),
        "receipt_changed": case([first, second], newer),
        "receipt_warnings": case([second], warned),
        "receipt_confirm": case([], picture),
        "receipt_confirmed": case([picture], yes),
        "receipt_asked_again": case([picture], partly),
        "receipt_corrected": case([picture], corrected),
        "receipt_explained": case([second, warned], explained),
        "receipt_late": case([], late),
        "receipt_unread": case([first], replace(second, findings=(LOCKED,))),
        "correction": case([first, second], bad),
        "correction_first": case([], bad),
        "correction_unread": case([], locked),
    }


def decided() -> list[Decided]:
    """What became of three decisions of one mail's."""
    at, by = moment("2024-03-06T18:05"), CONTACT.address
    taken = Decision(31, "assign", at, by, "电话核实", "conglin", "a" * 64, address="zhangsan@mail.example")
    earlier = Decision(29, "reject", moment("2024-03-06T17:40"), "deputy@civil.example", message="c" * 64)
    about = ("zhangsan@mail.example", "丛林镇冬季送温暖统计表", moment("2024-03-06T10:12"))
    return [
        Decided(
            Order("H3", "accept", "conglin", True, "电话核实", "done", right=True),
            *about, "丛林镇", taken, "丛林镇", answered=True,
        ),
        Decided(
            Order("H4", "assign", "qingnian", result="used", right=True),
            "li@mail.example", "材料", moment("2024-03-06T11:00"), "青年镇", earlier,
        ),
        Decided(
            Order("H5", "assign", "森林镇", result="unit_unknown", right=True),
            "shilin@town.example", "统计表", moment("2024-03-06T16:40"), "森林镇", known=("石林镇", "金桥镇"),
        ),
    ]  # fmt: skip


TOKENS = {"H3": "6F0WM-1J1V4-0FP11-RRM3R", "H5": "6F0WC-X2MZ3-49QGA-34NDV"}


def overview(campaign: Campaign, register: Register, now: dt.datetime, *, busy: bool = True) -> Overview:
    """The district on a working day: most units in, a few things waiting; or, not busy, the first day."""
    dossiers = tuple(_unit_dossier(campaign, unit, at) for at, unit in enumerate(register.units))
    if not busy:
        return Overview(
            campaign, register, now, tuple(assemble(one, (), (), campaign) for one in register.units)
        )
    return Overview(
        campaign,
        register,
        now,
        dossiers,
        held=(
            Held(
                "H3", "a" * 64, "unknown_sender", "zhangsan@mail.example", "丛林镇冬季送温暖统计表", "conglin",
                moment("2024-03-06T10:12"), "丛林镇人民政府", ("丛林镇统计表.xlsx", "照片.zip"),
            ),
            Held(
                "H5", "b" * 64, "unit_conflict", "shilin@town.example", "统计表", "jinqiao",
                moment("2024-03-06T16:40"), "金桥镇", ("统计表.docx",),
            ),
        ),
        messages=MessageCounts(31, 27, 2, 2, 0),
        letters=LetterCounts(0, 26, 1, 0),
        unreachable=frozenset({"guanba"}),
        told=(
            Told("letter_doubtful", moment("2024-03-06T09:31"), "给 nantong@town.example 的催报发送时连接中断，可能重复送达一次", "nantong"),
        ),
        open=(
            OpenItem(
                "Q47", "correction", "wansheng", "万盛街道来信“更正”，“巡查次数/总计”登记的是 12，来信说应为 25：我街道统计表填错了，巡查次数总计应为25次，请帮忙更正",
                moment("2024-03-06T15:20"), "c" * 64, 47, "correction", "patrols", Decimal(25),
            ),
            OpenItem("Q41", "question", "wandong", "万东镇来信询问：志愿者人次是否含网格员？", moment("2024-03-06T14:02"), "d" * 64, 41, "question"),
            OpenItem("Q44", "extension", "heishan", "黑山镇来信“统计表”，没有附材料：雪大路断，统计表能否宽限两天", moment("2024-03-06T14:40"), "e" * 64, 44, "extension"),
            OpenItem("Q38", "bounce", "guanba", "发给关坝镇的催报被退回：邮箱已满。", moment("2024-03-06T09:31"), "f" * 64, 38, "bounce"),
        ),
        health=Health(moment("2024-03-06T17:25"), moment("2024-03-05T17:30"), ("16:05 收信服务器连接中断，16:10 恢复",)),
        cross_findings=across_units(dossiers, campaign),
    )  # fmt: skip


def _unit_dossier(campaign: Campaign, unit: Unit, at: int) -> Dossier:
    if unit.id == "heishan" or not unit.required:
        return assemble(unit, (), (), campaign)
    figures = [number if isinstance(number, str) else number + at for number in FIGURES]
    if unit.id == "nantong":
        figures[6] = 90000
    values = form_values(campaign, figures)
    wrong = unit.id == "conglin"
    findings = ERRORS[:1] if wrong else ()
    sent = form(unit, values, needs_confirmation=unit.id == "jinqiao")
    file = form_file(f"{unit.name}统计表.xlsx", f"{at}")
    pictures = tuple(photo(at * 100 + number) for number in range(at % 4 + 1))
    seq = at * 10
    mails = [
        mail(
            seq,
            f"2024-03-0{at % 6 + 1}T1{at % 8}:05",
            form=sent,
            form_file=file,
            pieces=(file,),
            form_findings=findings,
        )
    ]
    if unit.id not in ("shilin", "guanba"):
        told = replace(narrative(f"{unit.name}开展情况.docx"), sha256=f"{at:064d}")
        mails.append(mail(seq + 1, f"2024-03-0{at % 6 + 1}T1{at % 8}:20", pieces=(told, *pictures)))
    return assemble(unit, mails, (), campaign)
