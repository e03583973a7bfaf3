"""Letters say what was read, what is wrong and what is missing, whatever a mail's sender wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.dossier import Dossier, Piece, Submission, assemble
from agent.errors import ConfigurationError
from agent.findings import Finding
from agent.letters import Answered, Letter, Letters, is_own_id, message_id, news
from agent.overview import Held, Overview, Told
from agent.rules import Campaign, load_campaign, plain
from agent.settings import Contact
from agent.units import Register, Unit

from .conftest import (
    CONTACT,
    ERRORS,
    LOCKED,
    ROOT,
    SENDER,
    answer,
    cases,
    form,
    form_file,
    form_values,
    mail,
    moment,
    overview,
    photo,
)

Case = tuple[Answered, Dossier, Dossier]
EVENING = moment("2024-03-06T17:30")
BIDI = "\u202e"


@pytest.fixture(scope="session")
def every(
    letters: Letters, sent: dict[str, Case], campaign: Campaign, register: Register
) -> dict[str, Letter]:
    """One of every letter."""
    made = {name: letters.reply(*case, EVENING) for name, case in sent.items()}
    answered, before, after = sent["correction"]
    made["acknowledgement"] = letters.acknowledgement(answered, EVENING)
    made["noted"] = letters.noted(answered, before.unit, EVENING, ["微云：照片.zip"])
    made["reminder"] = letters.reminder(after, ["a@town.example", "b@town.example"], EVENING)
    made["digest"] = _digest(letters, overview(campaign, register, EVENING))
    return made


def _digest(letters: Letters, shown: Overview) -> Letter:
    return letters.digest(shown, shown.as_of, news(shown))


def parsed(letter: Letter) -> EmailMessage:
    opened = message_from_bytes(letter.raw, policy=SMTP)
    assert isinstance(opened, EmailMessage)
    return opened


def text_of(letter: Letter) -> str:
    return _body(letter, "plain")


def html_of(letter: Letter) -> str:
    return _body(letter, "html")


def _body(letter: Letter, subtype: str) -> str:
    part = parsed(letter).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


class _Shown(HTMLParser):
    """What a reader of the HTML sees, and with which elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += "\n" if tag in ("tr", "td", "br", "div") else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(letter: Letter) -> _Shown:
    reader = _Shown()
    reader.feed(html_of(letter))
    return reader


def both(letter: Letter) -> Iterator[str]:
    """The letter as it is read: as text and as HTML, without white space."""
    for text in (text_of(letter), shown(letter).text):
        yield re.sub(r"\s", "", text)


def says(letter: Letter, *wanted: str) -> None:
    for text in both(letter):
        for one in wanted:
            assert re.sub(r"\s", "", one) in text, f"“{one}” is missing in:\n{text}"


def is_silent_about(letter: Letter, *unwanted: str) -> None:
    for text in both(letter):
        for one in unwanted:
            assert re.sub(r"\s", "", one) not in text, one


# What each letter says


@pytest.mark.parametrize("name", ["receipt_first", "receipt_changed", "receipt_confirm", "correction"])
def test_every_figure_stands_behind_its_label_in_the_forms_order(
    name: str, letters: Letters, sent: dict[str, Case], campaign: Campaign
) -> None:
    letter = letters.reply(*sent[name], EVENING)
    version = sent[name][2].versions[-1]
    for text in both(letter):
        table = text[text.rindex("联系电话：" if "联系电话：" in text else "联系电话") :]
        at = 0
        for field in campaign.form.figures:
            value = version.values[field.id]
            number = "—" if value is None else plain(value)
            found = re.compile(
                rf"{field.full_label}(有误|请核实)?([0-9.]+→)?{number}(?![0-9.]).{{0,9}}"
            ).search(table, at)
            assert found, (field.full_label, number, table[at:])
            at = found.start()


def test_a_receipt_tells_the_file_the_version_the_notes_and_what_is_missing_by_when(
    every: dict[str, Letter],
) -> None:
    says(
        every["receipt_first"],
        "青年镇统计表.xlsx",
        "第 1 版",
        "按 0 登记",
        "按 1.25 万元登记",
        "填报人",
        "张某某",
        "开展情况 未收到",
        "照片 未收到",
        "2024年3月5日",
    )


def test_a_receipt_tells_old_and_new_of_each_figure_that_changed_and_of_no_other(
    every: dict[str, Letter],
) -> None:
    says(
        every["receipt_changed"],
        "与第 1 版相比",
        "巡查次数/总计：12",
        "→ 13 次",
        "发放物资：1.2",
        "→ 1.25 万元",
    )
    is_silent_about(every["receipt_changed"], "媒体宣传：2")


def test_a_receipt_asks_to_explain_warnings_and_says_that_a_bare_confirmation_is_none(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_warnings"], "2 处需核实", "超过 1000 万元", "只写“核实无误”不作为说明")


def test_explained_warnings_are_no_longer_asked_for(every: dict[str, Letter]) -> None:
    says(every["receipt_explained"], "说明已收悉", "含上年结转 1100 万元")
    is_silent_about(every["receipt_explained"], "超过 1000 万元")


def test_a_photo_that_came_twice_is_counted_once_and_named(every: dict[str, Letter]) -> None:
    says(every["receipt_materials"], "照片 5 张", "不重复计数 1 件：IMG_0001.jpg", "已齐")


def test_a_form_from_a_picture_is_shown_and_asked_about_and_not_called_registered(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_confirm"], "尚未登记", "“确认”", "更正后的统计表", "读到的数", "不计入汇总")
    assert "请确认" in parsed(every["receipt_confirm"])["Subject"]
    is_silent_about(every["receipt_confirm"], "登记的数", "审核符合要求")


def test_the_senders_confirmation_is_answered_with_the_figures_now_registered(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_confirmed"], "确认已收到", "登记的数", "48 人次")


def test_a_late_form_is_marked(every: dict[str, Letter]) -> None:
    says(every["receipt_late"], "期限（2024年3月5日）之后收到", "逾期")


def test_a_correction_note_tells_each_error_with_its_cell_and_what_was_written(
    every: dict[str, Letter],
) -> None:
    letter = every["correction"]
    says(letter, "有 5 处错误", "重新报送全表", *(one.text for one in ERRORS), "Sheet1!D6", "约40人次")
    says(letter, "巡查次数/总计 5 次（Sheet1!B6）", "巡查次数/联合巡查 7 次（Sheet1!C6）")
    assert letter.kind == "correction"


def test_a_correction_note_says_that_the_older_form_stands_and_what_was_filed(
    every: dict[str, Letter],
) -> None:
    says(every["correction"], "第 1 版（3月1日 09:32 收到）仍然有效", "已归档，不必重发", LOCKED.text)
    is_silent_about(every["correction_first"], "仍然有效")


def test_what_was_written_is_quoted_where_the_finding_does_not(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    finding = Finding("error", "x", "请改。", "patrols", "廿几次")
    says(letters.reply(*_case(campaign, register, form_findings=(finding,)), EVENING), "所写：“廿几次”")


def test_a_mail_of_only_unreadable_files_gets_a_correction_note(every: dict[str, Letter]) -> None:
    assert every["correction_unread"].kind == "correction"
    says(every["correction_unread"], "未能读取", LOCKED.text)


def test_an_unreadable_file_beside_good_ones_is_told_in_the_receipt(every: dict[str, Letter]) -> None:
    assert every["receipt_unread"].kind == "receipt"
    says(every["receipt_unread"], "1 个文件未能读取", LOCKED.text, "照片 5 张")


def test_what_is_for_the_contact_only_is_not_told_to_the_unit(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    secret = Finding("warning", "outlier", "与其他单位相差较大", "patrols", contact_only=True)
    case = _case(campaign, register, form_findings=(secret,))
    for letter in (letters.receipt(*case, EVENING), letters.reminder(case[2], ["a@b.example"], EVENING)):
        is_silent_about(letter, "与其他单位相差较大")


def test_an_acknowledgement_tells_nothing_of_any_unit_nor_repeats_the_mail(every: dict[str, Letter]) -> None:
    is_silent_about(every["acknowledgement"], "青年镇", "统计表", "报送期限", "更正")
    says(every["acknowledgement"], "已收到", "工作人员核对", CONTACT.phone)
    assert every["acknowledgement"].unit is None


def test_a_question_is_passed_to_the_contact_and_links_are_told_to_expire(every: dict[str, Letter]) -> None:
    says(every["noted"], "已转联系人", "微云：照片.zip", "链接会过期")


@pytest.mark.parametrize(
    ("now", "said", "subject"),
    [
        ("2024-03-02T09:30", "还有 3 天", "3月5日截止"),
        ("2024-03-05T09:30", "今日（2024年3月5日）内", "今日截止"),
        ("2024-03-07T09:30", "已过 2 天", "已逾期 2 天"),
    ],
)
def test_a_reminder_says_how_long_is_left_or_over(
    now: str, said: str, subject: str, letters: Letters, sent: dict[str, Case]
) -> None:
    letter = letters.reminder(sent["receipt_first"][1], ["a@town.example"], moment(now))
    says(letter, said, "统计表 未收到", "不少于 100 字", SENDER)
    assert subject in parsed(letter)["Subject"]
    assert "尚缺统计表、开展情况、照片" in parsed(letter)["Subject"]


def test_a_reminder_repeats_the_errors_still_open(every: dict[str, Letter]) -> None:
    says(every["reminder"], "待改正", *(one.text for one in ERRORS))


def test_the_digests_subject_carries_the_essentials(every: dict[str, Letter]) -> None:
    assert parsed(every["digest"])["Subject"] == (
        "【日报】冬季送温暖 2024-03-06：已齐 4/10，待核 2，待确认 1，逾期 6"
    )


def test_the_digest_tells_what_waits_with_the_exact_commands(every: dict[str, Letter]) -> None:
    says(
        every["digest"],
        "report-agent review accept H3",
        "report-agent review assign H5 jinqiao",
        "report-agent review confirm jinqiao",
        "似为丛林镇",
        "与其他单位相差较大",
        "志愿者人次是否含网格员",
        "邮箱已满",
        "16:05 收信服务器连接中断",
        "关坝镇：统计表第 1 版（已登记）",
    )


def test_the_digests_matrix_has_a_line_for_each_unit_in_words(
    every: dict[str, Letter], register: Register
) -> None:
    lines = text_of(every["digest"]).split("【各单位】")[1].split("【合计】")[0].strip().splitlines()
    assert [line.split("\u3000")[0] for line in lines] == [unit.name for unit in register.units]
    assert "×统计表 未报　×开展情况 未报　×照片 未报　逾期 1 天" in lines[-2]
    assert "可不报" in lines[-1]


def test_the_digests_totals_are_the_sums_of_the_accepted_forms(
    every: dict[str, Letter], campaign: Campaign, register: Register
) -> None:
    for name, value in overview(campaign, register, EVENING).totals.items():
        field = campaign.form.field(name)
        says(every["digest"], f"{field.full_label} {plain(value)} {field.measure}")


def test_news_are_the_mails_since_the_last_digest_and_count_each_photo_once(
    campaign: Campaign, register: Register, sent: dict[str, Case]
) -> None:
    dossier = sent["receipt_changed"][2]
    view = Overview(campaign, register, EVENING, (dossier,))
    items = news(view, moment("2024-03-02T00:00"))
    assert [(one.form, one.narratives, one.photos) for one in items] == [(None, 1, 5), (2, 0, 0)]
    assert len(news(view)) == 3


def test_a_long_day_is_cut_short_in_the_digest_and_says_so(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    held = tuple(
        Held(f"H{number}", "0" * 64, "unknown_sender", "x@x.example", "表", None, EVENING)
        for number in range(40)
    )
    letter = _digest(letters, Overview(campaign, register, EVENING, (), held=held))
    says(letter, "另有 32 封", "H7", "report-agent review assign H7 单位代号")
    is_silent_about(letter, "H8")


# The envelope


def test_every_letter_parses_back_without_defects(every: dict[str, Letter]) -> None:
    for letter in every.values():
        opened = parsed(letter)
        for part in opened.walk():
            assert not part.defects
            assert not [value for value in part.values() if value.defects]
        assert opened.get_content_type() == "multipart/alternative"
        assert [part.get_content_subtype() for part in opened.iter_parts()] == ["plain", "html"]


def test_every_letter_can_travel_by_plain_smtp(every: dict[str, Letter]) -> None:
    for letter in every.values():
        letter.raw.decode("ascii")
        lines = letter.raw.split(b"\r\n")
        assert max(map(len, lines)) < 200
        assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_replies_thread_and_no_letter_invites_an_automatic_answer(
    every: dict[str, Letter], sent: dict[str, Case]
) -> None:
    opened = parsed(every["correction"])
    assert opened["In-Reply-To"] == sent["correction"][0].message_id
    assert opened["References"].split() == ["<first@town.example>", sent["correction"][0].message_id]
    assert opened["Auto-Submitted"] == "auto-replied"
    assert parsed(every["digest"])["Auto-Submitted"] == parsed(every["reminder"])["Auto-Submitted"]
    assert parsed(every["digest"])["Auto-Submitted"] == "auto-generated"
    assert parsed(every["digest"])["In-Reply-To"] is None
    for letter in every.values():
        assert parsed(letter)["X-Auto-Response-Suppress"] == "All"
        assert parsed(letter)["Date"].datetime == EVENING
        assert parsed(letter)["From"].addresses[0].addr_spec == SENDER
        assert "报送邮箱（自动" in parsed(letter)["From"].addresses[0].display_name
        assert [one.addr_spec for one in parsed(letter)["To"].addresses] == list(letter.to)
        says(letter, CONTACT.name, CONTACT.phone, "自动")


def test_the_same_letter_is_the_same_bytes_and_its_id_is_derived(
    every: dict[str, Letter], letters: Letters, campaign: Campaign, register: Register, sent: dict[str, Case]
) -> None:
    fresh = Letters([ROOT / "templates"], SENDER, CONTACT, campaign)
    again = cases(campaign, register)
    for name in sent:
        assert fresh.reply(*again[name], EVENING) == every[name]
    assert _digest(fresh, overview(campaign, register, EVENING)) == every["digest"]
    for letter in every.values():
        assert letter.id == message_id(letter.kind, letter.about, SENDER) == parsed(letter)["Message-ID"]
        assert is_own_id(letter.id, SENDER)
    answered, before, after = sent["correction"]
    later = letters.correction(replace(answered, decision=7), before, after, EVENING)
    assert later.id != every["correction"].id


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "<x@civil.example>",
        "<report-agent.receipt.0123@civil.example>",
        "<report-agent.receipt.0123456789abcdef01234567@other.example>",
        "report-agent.receipt.0123456789abcdef01234567@civil.example",
    ],
)
def test_another_id_is_not_taken_for_ours(foreign: str) -> None:
    assert not is_own_id(foreign, SENDER)


def test_letters_of_different_kinds_about_one_mail_have_different_ids() -> None:
    kinds = ("receipt", "correction", "acknowledgement", "noted")
    assert len({message_id(kind, "a" * 64, SENDER) for kind in kinds}) == 4


# What senders may write


EVIL = f'<script>alert(1)</script><img src=x onerror="y">{BIDI}\r\nBcc: all@town.example\r\n\r\n{{{{ 7*7 }}}}\x00\udcff'


@pytest.fixture(scope="session")
def hostile(letters: Letters, campaign: Campaign, register: Register) -> list[Letter]:
    """Every letter with hostile text wherever a sender's words can stand."""
    case = _hostile_case(campaign, register, EVIL, errors=True)
    good = _hostile_case(campaign, register, EVIL, errors=False)
    held = Held("H1", "0" * 64, "unknown_sender", EVIL, EVIL, None, EVENING, EVIL, (EVIL, EVIL))
    told = Told("question", EVENING, EVIL)
    view = Overview(campaign, register, EVENING, (case[2], good[2]), held=(held,), told=(told,))
    return [
        letters.reply(*case, EVENING, [EVIL]),
        letters.reply(*good, EVENING, [EVIL]),
        letters.noted(case[0], case[2].unit, EVENING, [EVIL]),
        letters.acknowledgement(case[0], EVENING),
        letters.reminder(case[2], ["a@b.example"], EVENING),
        _digest(letters, view),
    ]


def _case(campaign: Campaign, register: Register, **content: object) -> Case:
    unit = register.by_id["qingnian"]
    came = mail(
        1,
        "2024-03-01T09:32",
        form=form(unit, form_values(campaign)),
        form_file=form_file(),
        pieces=(form_file(),),
    )
    came = replace(came, **content)  # type: ignore[arg-type]
    return answer(came), assemble(unit, (), (), campaign), assemble(unit, (came,), (), campaign)


def _hostile_case(campaign: Campaign, register: Register, text: str, *, errors: bool) -> Case:
    unit = register.by_id["qingnian"].model_copy(update={"name": f"青年镇{text}"})
    severities = ("error", "warning", "note") if errors else ("warning", "note")
    findings = tuple(Finding(one, "x", text, "patrols", text) for one in severities)
    values = {**form_values(campaign), "remarks": text}
    came = mail(
        1,
        "2024-03-01T09:32",
        subject=text,
        form=replace(form(unit, values), unit=text, reporter=text, phone=text),
        form_file=form_file(text),
        pieces=(form_file(text), replace(photo(1), name=text), Piece(text, "q", "other")),
        form_findings=findings,
        findings=tuple(Finding(one, "x", text) for one in ("error", "warning", "note")),
        explanation=text,
    )
    return (
        answer(came, message_id=f"<a@b>{text}", references=(text, "<ok@town.example>")),
        assemble(unit, (), (), campaign),
        assemble(unit, (came,), (), campaign),
    )


def test_hostile_text_stays_text(hostile: list[Letter]) -> None:
    for letter in hostile:
        tags = {tag for tag, _ in shown(letter).elements}
        assert not tags & {"script", "img", "iframe", "link", "style", "form"}
        for text in (text_of(letter), html_of(letter)):
            assert BIDI not in text and "\x00" not in text and "\udcff" not in text
            assert not any(line.startswith("Bcc:") for line in text.splitlines())
            assert "49" not in re.sub(r"&#\d+;", "", text).replace("149", "")
        parsed(letter).as_bytes()


def test_hostile_text_adds_no_header_and_no_recipient(hostile: list[Letter]) -> None:
    known = {
        "content-type", "mime-version", "from", "to", "subject", "date", "message-id", "in-reply-to", "references",
        "auto-submitted", "x-auto-response-suppress", "content-language",
    }  # fmt: skip
    for letter in hostile:
        opened = parsed(letter)
        assert {name.lower() for name in opened} <= known
        assert len(opened.keys()) == len(set(opened.keys()))
        assert opened["In-Reply-To"] is None
        assert not opened.defects
        assert len(opened["Subject"]) <= 120


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", '"x" <a@b>', "张@town.example"]
)
def test_an_odd_address_never_becomes_a_header(address: str, letters: Letters, sent: dict[str, Case]) -> None:
    answered, before, after = sent["receipt_first"]
    opened = parsed(letters.receipt(replace(answered, to=address), before, after, EVENING))
    assert opened["Bcc"] is None
    assert not opened["To"].addresses
    assert not opened["To"].defects


def test_very_long_text_is_cut_and_the_letter_stays_a_letter(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    case = _hostile_case(campaign, register, "很长" * 20000, errors=True)
    letter = letters.reply(*case, EVENING, ["很长" * 20000])
    assert len(letter.raw) < 90_000
    assert "…" in text_of(letter)


def test_hundreds_of_problems_are_cut_short_and_counted(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    many = tuple(Finding("error", "unreadable", f"“{number}.bin”打不开。") for number in range(500))
    letter = letters.reply(*_case(campaign, register, findings=many), EVENING)
    says(letter, "500 个文件未能读取", "“29.bin”", "另有 470 项")
    is_silent_about(letter, "“30.bin”")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=80), errors=st.booleans())
def test_no_text_at_all_breaks_a_letter(
    text: str, errors: bool, letters: Letters, campaign: Campaign, register: Register
) -> None:
    case = _hostile_case(campaign, register, text, errors=errors)
    letter = letters.reply(*case, EVENING, [text])
    letter.raw.decode("ascii")
    assert parsed(letter)["Message-ID"] == letter.id
    assert {tag for tag, _ in shown(letter).elements} <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "div", "span", "b", "br", "a",
    }  # fmt: skip


def test_nothing_is_fetched_and_every_style_is_inline(every: dict[str, Letter]) -> None:
    for letter in every.values():
        for tag, attributes in shown(letter).elements:
            assert tag not in ("img", "script", "style", "link")
            assert "class" not in attributes
            assert not {"src", "background"} & set(attributes)
            assert (attributes.get("href") or "tel:").startswith("tel:")


# Templates and campaigns of others


SECOND = """
id: flood-check
title: 汛期安全检查
start: 2025-06-01
deadline: 2025-06-30
measures: {处: {}, 公里: {}}
form:
  title: 汛期安全检查表
  header: [{id: unit, label: 填报乡镇, type: unit}]
  fields:
    - {id: dams, label: 检查水库, measure: 处, type: count}
    - {id: dykes, group: 堤防, label: 长度, measure: 公里, type: amount}
deliverables: {form: {label: 检查表}}
"""


def test_another_campaigns_letters_speak_of_its_own_form_only(tmp_path: Path) -> None:
    path = tmp_path / "second.yaml"
    path.write_text(SECOND, encoding="utf-8")
    campaign = load_campaign(path)
    unit = Unit(id="hekou", name="河口乡")
    came = mail(1, "2025-06-10T10:00", form=form(unit, form_values(campaign, (3, "12.5"))), pieces=())
    after = assemble(unit, (came,), (), campaign)
    letters = Letters([ROOT / "templates"], SENDER, CONTACT, campaign)
    now = moment("2025-06-11T10:00")
    nothing = assemble(unit, (), (), campaign)
    view = Overview(campaign, Register(district="某县", units=(unit,)), now, (after,))
    receipt = letters.reply(answer(came), nothing, after, now)
    says(receipt, "汛期安全检查", "检查水库 3 处", "堤防/长度 12.5 公里", "填报乡镇", "应报的材料已齐")
    reminder = letters.reminder(nothing, ["a@town.example"], now)
    says(reminder, "检查表 未收到", "《汛期安全检查表》")
    digest = letters.digest(view, now, news(view))
    says(digest, "堤防/长度 12.5 公里")
    for letter in (receipt, reminder, digest):
        is_silent_about(letter, "送温暖", "开展情况", "照片", "巡查")
    assert letters.check() == []


def test_the_templates_name_no_campaign_and_no_field(campaign: Campaign, register: Register) -> None:
    names = [*(one.full_label for one in campaign.form.fields if one.is_figure), *campaign.also_called]
    names += [unit.name for unit in register.units]
    sources = [*(ROOT / "templates").glob("**/*.j2"), *(ROOT / "agent" / "letters").glob("*.py")]
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path


def test_the_built_in_templates_have_no_problems(letters: Letters) -> None:
    assert letters.check() == []


@pytest.mark.parametrize(
    ("name", "mended", "told"),
    [
        ("receipt.txt.j2", lambda text: text + "\n{{ no_such_name }}{% block x %}{% endblock %}", None),
        ("words.j2", lambda text: text.replace("{{ due.on|day }}", "{{ due.no_such }}"), "words.j2 第"),
        ("digest.html.j2", lambda text: "\n\n{% if %}" + text, "digest.html.j2 第 3 行"),
        (
            "correction.subject.j2",
            lambda text: "{{ ''.__class__.__mro__ }}" + text,
            "correction.subject.j2 第 1 行",
        ),
        ("noted.html.j2", lambda _: "\n{{ 1 // 0 }}", "noted.html.j2 第 2 行"),
        ("reminder.txt.j2", lambda _: "{% include 'nowhere.j2' %}", "nowhere.j2"),
    ],
)
def test_a_templates_error_is_told_with_its_name_and_line(
    name: str, mended: Callable[[str], str], told: str | None, tmp_path: Path, campaign: Campaign
) -> None:
    built_in = ROOT / "templates"
    (tmp_path / name).write_text(mended((built_in / name).read_text(encoding="utf-8")), encoding="utf-8")
    problems = Letters([tmp_path, built_in], SENDER, CONTACT, campaign).check()
    if told is None:  # what stands outside the blocks of a child template is never written out
        assert problems == []
    else:
        assert problems and all(
            told in one and one.startswith("模板 ") and "\n" not in one for one in problems
        )


def test_the_operators_own_template_comes_before_the_built_in(
    tmp_path: Path, campaign: Campaign, sent: dict[str, Case]
) -> None:
    (tmp_path / "receipt.subject.j2").write_text("收到了：{{ unit }}", encoding="utf-8")
    letters = Letters([tmp_path, ROOT / "templates"], SENDER, CONTACT, campaign)
    assert parsed(letters.receipt(*sent["receipt_first"], EVENING))["Subject"] == "收到了：青年镇"


def test_a_missing_template_is_told_when_a_letter_needs_it(
    tmp_path: Path, campaign: Campaign, sent: dict[str, Case]
) -> None:
    shutil.copytree(ROOT / "templates", tmp_path / "own")
    (tmp_path / "own" / "sender.j2").unlink()
    letters = Letters([tmp_path / "own"], SENDER, CONTACT, campaign)
    with pytest.raises(ConfigurationError, match=r"sender\.j2"):
        letters.acknowledgement(sent["receipt_first"][0], EVENING)


def test_the_digest_goes_to_the_contact_and_the_deputies(campaign: Campaign, register: Register) -> None:
    contact = Contact(name="某某", address="c@civil.example", phone="0", deputies=("d@civil.example",))
    letters = Letters([ROOT / "templates"], SENDER, contact, campaign)
    assert _digest(letters, overview(campaign, register, EVENING)).to == (
        "c@civil.example",
        "d@civil.example",
    )


def test_a_unit_that_needn_t_report_isn_t_pressed(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    unit = register.by_id["station"]
    came: Submission = mail(1, "2024-03-01T09:00", pieces=(photo(1),))
    after = assemble(unit, (came,), (), campaign)
    says(letters.reply(answer(came), assemble(unit, (), (), campaign), after, EVENING), "贵单位可以不报")
