"""Personal data in remarks and narratives: told to the contact and the unit, masked wherever it leaves the house."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.base import jsontext
from agent.base.findings import Finding
from agent.base.masked import masked
from agent.base.personal import find
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.cli.show_status import show_review, show_status
from agent.dossier.dossier import assemble
from agent.dossier.overview import Overview
from agent.keeping.rebuild import rebuild
from agent.service.final_report import merge
from agent.service.mailings import digest_letter
from tests.outcome.bureau import STRANGER, Bureau, bureau, form, narrative, photo, sender_of
from tests.sent import ZONE, decision, submission
from tests.sent import form as made_form

CARD, MOBILE, BANK = "11010519491231002X", "13812345678", "6222021234567890128"
REMARKS = f"张三（身份证{CARD[:6]} {CARD[6:14]} {CARD[14:]}，电话{MOBILE}）已送站"
NUMBERS = (CARD, MOBILE, BANK)


def report_with_remarks(office: Bureau) -> list[Any]:
    return office.send(
        sender_of("qingnian"),
        form(remarks=REMARKS),
        narrative(words=f"救助李四，卡号{BANK}，"),
        photo(name=f"张三{MOBILE}.jpg"),
        subject=f"张三{MOBILE}",
    )


def digits(text: str) -> str:
    return re.sub(r"[^0-9X]", "", text)


def assert_nothing_in(text: str) -> None:
    assert [number for number in NUMBERS if number in digits(text)] == []


def bodies(raw: bytes) -> str:
    letter = message_from_bytes(raw, policy=policy.default)
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(letter["Subject"]), *parts])


def test_the_contact_hears_where_and_how_many_and_never_the_number(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        office.send(sender_of("heishan"), form("黑山镇", remarks="无个人信息"))
        digest = bodies(digest_letter(office.work, office.now).raw)
        assert_nothing_in(digest)
        told = [line for line in digest.splitlines() if line.startswith("个人信息")]
        assert len(told) == 1
        assert "青年镇：“备注”（" in told[0] and "里有身份证号 1 个、电话号码 1 个。" in told[0]
        assert "“开展情况.docx”里有银行卡号 1 个。" in told[0]


def test_a_digest_tells_it_once_and_status_and_review_go_on_telling(tmp_path: Path, capsys: Any) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        from agent.service.mailings import send_digest

        send_digest(office.work, office.now)
        office.pass_time(days=1)
        assert "个人信息" not in bodies(digest_letter(office.work, office.now).raw)
        overview = masked(office.work.overview(office.now))
        show_status(overview)
        show_review(overview)
        shown = capsys.readouterr().out
        assert shown.count("个人信息  青年镇：“备注”（") == 2
        assert_nothing_in(shown)


def test_the_unit_is_asked_kindly_and_not_to_send_again(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        (receipt,) = report_with_remarks(office)
        assert receipt.kind == "receipt"
        assert_nothing_in(bodies(receipt.raw))
        assert bodies(receipt.raw).count("本次不用重报") == 2  # as text and as a page
        assert "500***" not in receipt.text and "110*** ******** 002X" in receipt.text
        assert "13800000000" in receipt.text  # 联系电话: what the form asks for is there to be checked
        (back,) = office.send(sender_of("shilin"), form("石林镇", patrols="约20", remarks=REMARKS))
        assert back.kind == "correction"
        assert bodies(back.raw).count("重新报送时请一并删去") == 2 and "不用重报" not in bodies(back.raw)
        assert_nothing_in(bodies(back.raw))
        (plain,) = office.send(sender_of("heishan"), form("黑山镇"))
        assert "身份证" not in bodies(plain.raw)


def test_nothing_waits_for_an_answer_because_of_it(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.open_warnings == ()
        assert accepted.values["remarks"] == REMARKS
        assert [one.rule for one in accepted.findings] == ["personal_data"]


def test_machines_are_told_the_remarks_as_written(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        unit = office.unit("qingnian")
        assert unit["form"]["values"]["remarks"] == REMARKS
        (note,) = unit["form"]["findings"]
        assert (note["severity"], note["rule"], note["field"]) == ("note", "personal_data", "remarks")


def test_a_rebuilt_ledger_tells_the_same(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        before = personal_lines(office)
        rebuild(office.work)
        assert personal_lines(office) == before != []


def personal_lines(office: Bureau) -> list[str]:
    return [
        line for line in bodies(digest_letter(office.work, office.now).raw).splitlines() if "个人信息" in line
    ]


def test_the_district_report_holds_no_number_and_every_figure(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        office.send(STRANGER, form("黑山镇"), subject=f"黑山镇{CARD}")
        made = merge(office.work, office.now)
        for path in made.paths:
            assert_nothing_in(words_of(path))
        report = json.loads(next(path for path in made.paths if path.name == "report.json").read_text())
        assert report["totals"]["patrols"] == 10
        row = next(one for one in report["units"] if one["id"] == "qingnian")
        assert row["values"]["remarks"] == "张三（身份证110*** ******** 002X，电话138****5678）已送站"
        text = "".join(words_of(path) for path in made.paths)
        assert text.count("138****5678") >= 4  # workbook, report, sources, album, report.json


def words_of(path: Path) -> str:
    """All that a file says: the text of every part of a package."""
    if path.suffix == ".json":
        return path.read_text()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
        parts = [
            package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))
        ]
    return "\n".join(re.sub(r"<[^>]*>", "", part) for part in parts)


def test_a_question_is_masked_before_it_is_cut(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        words = "请问" + "这个" * 55 + f"{CARD}该怎么填？"
        office.send(sender_of("qingnian"), subject=f"询问{MOBILE}", text=words)
        (told,) = office.told()
        assert MOBILE not in told and CARD[:8] not in told
        assert "138****5678" in told


def test_a_sender_whose_address_is_a_number_is_still_known(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(f"{MOBILE}@163.example", form("黑山镇"), subject="材料")
        assert f"{MOBILE}@163.example" in bodies(digest_letter(office.work, office.now).raw)


# --- figures, labels and dates ----------------------------------------------------------------------------

figures = st.one_of(
    st.integers(0, 10**19), st.sampled_from([13812345678, 6222021234567890128, 110105491231002]), st.just(10)
)
texts = st.sampled_from([REMARKS, "", "无", f"电话{MOBILE}", "2024年3月5日完成12次"])


@given(st.lists(figures, min_size=3, max_size=3), texts)
@settings(max_examples=60, deadline=None)
def test_masking_changes_no_figure_no_label_and_no_date(
    campaign: Campaign, register: Register, numbers: list[int], remarks: str
) -> None:
    overview = overview_of(campaign, register, numbers, remarks)
    for one, other in zip(leaves(overview), leaves(masked(overview)), strict=True):
        if isinstance(one, str) and one != other:
            assert find(one) and len(other) == len(one)
            assert not any(
                str(number) in one and str(number) not in other for number in numbers if number > 10**6
            )
        else:
            assert one == other and type(one) is type(other)


def overview_of(campaign: Campaign, register: Register, numbers: list[int], remarks: str) -> Overview:
    values = dict(zip(("patrols", "staff_deployed", "leaflets_distributed"), numbers, strict=True))
    filled = made_form(campaign, **values)
    filled = replace(filled, values={**filled.values, "remarks": remarks})
    odd = Finding(
        "warning", "odd", f"“发放宣传资料”为 {numbers[2]} 份，请核实。", field="leaflets_distributed"
    )
    sent = submission(1, of=filled, findings=(odd,))
    settled = decision(
        2, "override", about=sent, field="minors_helped", value=Decimal(numbers[0]), reason=remarks
    )
    unit = register.by_id["qingnian"]
    dossier = assemble(unit, [sent], [settled], campaign)
    return Overview(campaign, register, sent.received.astimezone(ZONE), (dossier,))


def leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [leaf for one in value for leaf in leaves(one)]
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in (key, *leaves(one))]
    if is_dataclass(value):
        return [leaf for one in fields(value) for leaf in leaves(getattr(value, one.name))]
    return [value]


def test_totals_and_status_are_the_same_masked_or_not(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        report_with_remarks(office)
        overview = office.work.overview(office.now)
        assert masked(overview).totals == overview.totals
        shown, bare = (jsontext.dumps(one.as_json()) for one in (masked(overview), overview))
        assert len(shown) == len(bare) and MOBILE in bare and MOBILE not in shown
