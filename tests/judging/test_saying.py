"""What people say stays listed until somebody settles it: status, review, digest, merge, and the record."""

from __future__ import annotations

import email
import email.policy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base.errors import UsageError
from agent.campaign.rules import Campaign
from agent.cli.show_status import show_review, show_status
from agent.handling.decisions import accept, assign, close, extend, override, reject, settle
from agent.keeping.rebuild import rebuild
from agent.reading.words.asking import asks_for_time, disputed, thanks_only
from agent.service.final_report import merge
from agent.service.mailings import digest_letter, send_digest
from tests.outcome.bureau import (
    CONTACT_ADDRESS,
    STRANGER,
    Bureau,
    bureau,
    everything,
    form,
    kinds,
    photo,
    read_letter,
    sender_of,
    unmarked_sum,
)

QINGNIAN, SHILIN, WANSHENG = sender_of("qingnian"), sender_of("shilin"), sender_of("wansheng")
HERE = Path(__file__).parent.parent / "said"
WORDS: dict[str, Any] = yaml.safe_load((HERE / "words.yaml").read_text("utf-8"))


def opened(office: Bureau) -> list[tuple[str, str | None, str | None]]:
    return [(one["kind"], one["unit"], one.get("field")) for one in office.status["open"]]


def digest(office: Bureau) -> str:
    return read_letter(digest_letter(office.work, office.now).raw).text


# --- words -----------------------------------------------------------------------------------------------


def registered(campaign: Campaign) -> dict[str, Any]:
    return {one.id: Decimal(10) for one in campaign.form.figures} | {"moving_stories": Decimal(0)}


@pytest.mark.parametrize("case", WORDS["disputed"], ids=lambda one: one["words"][:20])
def test_words_that_say_another_figure_dispute_it(case: dict[str, Any], campaign: Campaign) -> None:
    found = disputed(case["words"], registered(campaign), campaign)
    if case.get("form"):
        assert [one.field for one in found] == [None]
    else:
        expected = {name: None if v is None else Decimal(v) for name, v in case["figures"].items()}
        assert {one.field: one.value for one in found} == expected


@pytest.mark.parametrize("words", WORDS["harmless"])
def test_words_that_repeat_ask_or_plan_dispute_nothing(words: str, campaign: Campaign) -> None:
    assert disputed(words, registered(campaign), campaign) == ()


def test_words_ask_for_time_by_their_clauses() -> None:
    assert [words for words in WORDS["time"] if not asks_for_time(words)] == []
    assert [words for words in WORDS["no_time"] if asks_for_time(words)] == []


def test_thanks_are_thanks_alone() -> None:
    assert [words for words in WORDS["thanks"] if not thanks_only(words)] == []
    assert [words for words in WORDS["no_thanks"] if thanks_only(words)] == []


# --- a figure that is disputed ---------------------------------------------------------------------------


def correction(office: Bureau) -> list[Any]:
    mail = email.message_from_bytes(
        (HERE / "text-only-correction.eml").read_bytes(), policy=email.policy.default
    )
    body = mail.get_body(("plain",))
    assert body is not None
    return office.send(WANSHENG, subject=str(mail["Subject"]), text=body.get_content())


def whole_district(office: Bureau) -> None:
    for unit in office.work.listed.units:
        if unit.required:
            number = office.delivered + 1
            office.deliver(
                office.mail(sender_of(unit.id), form(unit.name), *everything()[1:2], photo(number))
            )
    office.poll()
    office.new_letters()
    office.pass_time(hours=1)


def test_a_correction_in_words_keeps_the_figure_disputed_and_the_report_from_being_final(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        assert kinds(correction(office)) == ["noted"]
        assert office.figure("wansheng", "patrols") == 10, "words change no figure"
        [item] = office.status["open"]
        assert (item["kind"], item["unit"], item["field"], item["value"]) == (
            "correction",
            "wansheng",
            "patrols",
            25,
        )
        assert len(item["message"]) == 64 and "登记的是 10" in item["text"]
        assert merge(office.work, office.now, None, office.ruling()).refused
        overview = office.work.overview(office.now)
        show_review(overview)
        show_status(overview)
        said = capsys.readouterr().out
        assert f"review override wansheng patrols 25　不用改：report-agent review settle {item['id']}" in said
        made = merge(office.work, office.now)
        assert not made.refused
        [report] = [path for path in made.paths if path.name == "report.json"]
        assert f'"id": "{item["id"]}"' in report.read_text("utf-8")
        assert f"{item['id']}　来信更正" in digest(office)
        send_digest(office.work, office.now)
        office.pass_time(days=3)
        assert f"{item['id']}　来信更正" in digest(office), "a digest that was sent forgets nothing"
        office.reopen()
        rebuild(office.work)
        assert office.status["open"] == [item], "the record alone yields it again"
        settle(office.work, item["id"].lower(), office.ruling("电话核实，原数无误"))
        assert office.status["open"] == []
        assert not merge(office.work, office.now, None, office.ruling()).refused


def test_an_override_of_that_figure_settles_it_and_of_another_does_not(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(WANSHENG, form("万盛街道"))
        correction(office)
        override(office.work, "wansheng", "volunteers_mobilised", "25", office.ruling())
        assert opened(office) == [("correction", "wansheng", "patrols")]
        override(office.work, "wansheng", "patrols", "25", office.ruling())
        assert opened(office) == []


def test_what_the_unit_puts_right_otherwise_than_the_contact_has_set_it_is_disputed(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        override(office.work, "qingnian", "leaflets_distributed", "50", office.ruling("电话核实"))
        office.poll()
        [notice] = office.new_letters()
        office.pass_time(hours=1)
        [receipt] = office.send(QINGNIAN, text="发放宣传资料：15", answers=notice)
        assert office.figure("qingnian") == 50, "the contact's stands"
        assert "“发放宣传资料”来信写的是 15，联系人此前已另行改定" in receipt.text
        [item] = office.status["open"]
        assert (item["kind"], item["field"], item["value"]) == ("correction", "leaflets_distributed", 15)
        assert merge(office.work, office.now, None, office.ruling()).refused
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="发放宣传资料：50", answers=receipt)
        assert office.status["open"] == []


@pytest.mark.parametrize(
    ("words", "files"),
    [("联合巡查改为8次，麻烦了，别的都没变动。", ()), ("补照片。联合巡查应为8次", (photo(),))],
)
def test_who_says_another_figure_in_other_words_is_told_the_line_to_send(
    tmp_path: Path, words: str, files: tuple[Any, ...]
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        [asked] = office.send(QINGNIAN, *files, text=words, answers=receipt)
        assert "“巡查次数/联合巡查”现在登记的是 10" in asked.text
        assert "正文只写“巡查次数/联合巡查：8”" in asked.text
        assert opened(office) == [("correction", "qingnian", "joint_patrols")]
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="巡查次数/联合巡查：8", answers=asked)
        assert (office.figure("qingnian", "joint_patrols"), opened(office)) == (8, [])


@pytest.mark.parametrize("words", ["", "谢谢！", "如题。"])
def test_a_subject_may_say_it_all(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        [noted] = office.send(QINGNIAN, subject="联合巡查改为8次", text=words)
        assert opened(office) == [("correction", "qingnian", "joint_patrols")]
        assert "正文只写“巡查次数/联合巡查：8”" in noted.text
        assert "请检查附件" not in noted.text


@pytest.mark.parametrize("words", ["确认无误，谢谢", "确认 李四 3月1日", "数据无误\n青年镇 张三"])
def test_that_an_accepted_form_is_right_is_no_news_where_nothing_of_it_was_asked(
    tmp_path: Path, words: str
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        assert office.send(QINGNIAN, text=words, answers=receipt) == []
        assert office.status["open"] == []
        office.pass_time(hours=1)
        [warned] = office.send(QINGNIAN, form(staff_deployed=5))
        office.pass_time(hours=1)
        assert kinds(office.send(QINGNIAN, text=words, answers=warned)) == ["noted"]
        assert [one["kind"] for one in office.status["open"]] == ["other"]


@pytest.mark.parametrize(("patrols", "settled"), [(25, True), (26, True), (10, False)])
def test_a_newer_form_settles_it_unless_it_repeats_the_figure(
    tmp_path: Path, patrols: int, settled: bool
) -> None:
    with bureau(tmp_path) as office:
        office.send(WANSHENG, form("万盛街道"))
        office.pass_time(hours=1)
        correction(office)
        office.pass_time(hours=1)
        office.send(WANSHENG, form("万盛街道", patrols=patrols, leaflets_distributed=11))
        assert (opened(office) == []) is settled


def test_a_newer_form_that_is_not_accepted_settles_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(WANSHENG, form("万盛街道"))
        office.pass_time(hours=1)
        correction(office)
        office.pass_time(hours=1)
        office.send(WANSHENG, form("万盛街道", patrols="约25"))
        assert opened(office) == [("correction", "wansheng", "patrols")]


def test_an_older_form_that_is_taken_later_settles_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(WANSHENG, form("万盛街道"))
        office.pass_time(hours=1)
        office.send(STRANGER, form("万盛街道", patrols=31))
        office.pass_time(hours=1)
        correction(office)
        accept(office.work, "H1", office.ruling())
        assert opened(office) == [("correction", "wansheng", "patrols")]


def test_words_beside_photos_dispute_and_beside_a_form_are_that_form_s_affair(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        office.send(QINGNIAN, photo(), text="联合巡查应为8次。")
        assert opened(office) == [("correction", "qingnian", "joint_patrols")]
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(joint_patrols=8), text="联合巡查应为8次。")
        assert opened(office) == []


def test_who_speaks_of_a_form_that_has_not_come_waits_for_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form("万盛街道"))
        office.pass_time(hours=1)
        correction(office)
        assert opened(office) == [("correction", "wansheng", "patrols")]
        accept(office.work, "H1", office.ruling())
        assert opened(office) == [("correction", "wansheng", "patrols")]
        office.pass_time(hours=1)
        office.send(WANSHENG, form("万盛街道", patrols=25))
        assert opened(office) == []


# --- questions, time, thanks -----------------------------------------------------------------------------


def test_a_question_stays_until_it_is_settled(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(), text="材料已报。请问志愿者算不算社会力量？")
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(leaflets_distributed=11))
        [item] = office.status["open"]
        assert (item["kind"], item["unit"]) == ("question", "qingnian")
        with pytest.raises(UsageError, match=item["id"]):
            settle(office.work, "Q999", office.ruling())
        settle(office.work, item["id"], office.ruling("已电话答复"))
        assert opened(office) == []
        with pytest.raises(UsageError, match="没有编号"):
            settle(office.work, item["id"], office.ruling())


def test_a_request_for_time_is_settled_by_the_time_that_is_given(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, text="雪大路断，统计表能否宽限两天？")
        office.send(SHILIN, text="数据还在汇总，晚两天报。")
        assert opened(office) == [("extension", "qingnian", None), ("extension", "shilin", None)]
        assert "review extend qingnian 日期" in digest(office)
        extend(office.work, "qingnian", "2024-03-08", office.ruling())
        assert opened(office) == [("extension", "shilin", None)]
        office.pass_time(hours=1)
        office.send(SHILIN, *everything("石林镇"))
        assert opened(office) == [], "all has come: no time is wanted any more"


@pytest.mark.parametrize("words", ["谢谢", "收到，谢谢！", "👍", "好的"])
def test_thanks_are_neither_listed_nor_answered(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        assert office.send(QINGNIAN, subject="Re: 回执", text=words, answers=receipt) == []
        assert (opened(office), office.told()) == ([], [])


def test_thanks_where_a_form_waits_for_a_yes_are_listed_and_answered(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, unmarked_sum())
        office.pass_time(hours=1)
        assert kinds(office.send(QINGNIAN, text="好的", answers=receipt)) == ["noted"]
        assert opened(office) == [("other", "qingnian", None)]


def test_a_mail_that_lost_its_attachment_is_answered(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, subject="统计表", text="请查收，谢谢。")) == ["noted"]
        assert opened(office) == [("other", "qingnian", None)]


def test_corrections_come_first_then_questions_and_nothing_is_dropped_in_silence(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(WANSHENG, form("万盛街道"))
        for number in range(45):
            office.pass_time(minutes=1)
            office.deliver(office.mail(QINGNIAN, text=f"请问第{number}件事怎么报？"))
        office.deliver(office.mail(SHILIN, text="我们都安排好了"))
        office.poll()
        correction(office)
        kinds_listed = [kind for kind, _, _ in opened(office)]
        assert kinds_listed == ["correction", *["question"] * 45, "other"]
        text = digest(office)
        assert "另有 6 件来信没有了结，见 report-agent review" in text
        assert text.index("来信更正") < text.index("来信询问")


# --- held mails ------------------------------------------------------------------------------------------


def test_what_a_held_mail_says_counts_once_it_is_taken_for_a_unit_s(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        office.send(STRANGER, subject="青年镇更正", text="联合巡查应为8次。")
        office.send("li@personal.example", subject="青年镇", text="联合巡查应为7次。")
        assert opened(office) == []
        assign(office.work, "H1", "qingnian", office.ruling())
        reject(office.work, "H2", office.ruling())
        assert opened(office) == [("correction", "qingnian", "joint_patrols")]


# --- warnings that are closed ----------------------------------------------------------------------------


def warnings(office: Bureau) -> set[str]:
    version = office.dossier("qingnian").accepted
    assert version is not None
    return {one.rule for one in version.open_warnings}


def test_a_close_covers_the_warnings_that_there_were_and_no_later_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(staff_deployed=9))
        assert warnings(office) == {"staff_at_least_patrols"}
        close(office.work, "qingnian", office.ruling("已核实"))
        assert warnings(office) == set()
        override(office.work, "qingnian", "leaflets_distributed", "11", office.ruling())
        assert warnings(office) == set(), "it has nothing to do with that figure"
        # With another figure it is another warning, though of the same rule.
        override(office.work, "qingnian", "patrols", "12", office.ruling())
        assert warnings(office) == {"staff_at_least_patrols"}
        close(office.work, "qingnian", office.ruling())
        assert warnings(office) == set()
        override(office.work, "qingnian", "supplies_prepared", "2000", office.ruling())
        office.reopen()
        assert warnings(office) == set()
        with pytest.raises(UsageError, match="没有待核实"):
            close(office.work, "qingnian", office.ruling())


def test_a_close_recorded_before_warnings_had_names_closes_all_as_it_did(tmp_path: Path) -> None:
    from dataclasses import replace

    from agent.dossier.dossier import assemble

    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(moving_stories=3))
        close(office.work, "qingnian", office.ruling())
        was = office.dossier("qingnian")
        [decision] = was.decisions
        old = type(decision).from_json({k: v for k, v in decision.as_json().items() if k != "closes"})
        assert old == replace(decision, closes=None)
        dossier = assemble(was.unit, was.submissions, [old], was.campaign)
        assert dossier.accepted is not None and dossier.accepted.open_warnings == ()


def test_what_is_odd_among_units_can_be_closed_and_comes_back_where_it_is_another(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.receive(office.mail(QINGNIAN, form(), photo()), office.mail(SHILIN, form("石林镇"), photo()))
        assert [one["rule"] for one in office.unit("qingnian")["warnings"]] == ["shared_photo"]
        close(office.work, "qingnian", office.ruling("两镇联合开展"))
        assert office.unit("qingnian")["warnings"] == []
        assert office.unit("shilin")["warnings"] != []
        office.send(WANSHENG, photo())
        assert [one["rule"] for one in office.unit("qingnian")["warnings"]] == ["shared_photo"]


# --- the contact's own words ------------------------------------------------------------------------------


def test_what_the_contact_writes_without_material_is_listed_once_and_can_be_settled(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(CONTACT_ADDRESS, text="这个表怎么看？", subject="问一下")
        [item] = office.status["open"]
        assert (item["kind"], item["unit"]) == ("question", None)
        settle(office.work, item["id"], office.ruling())
        assert opened(office) == []


@pytest.mark.parametrize("words", ["联合巡查应为99次", "联合巡查应为八九次"])
def test_a_figure_put_right_that_could_not_be_taken_stays_disputed_until_it_is_said_rightly(
    tmp_path: Path, words: str
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        [asked] = office.send(QINGNIAN, text=words, answers=receipt)
        assert office.figure("qingnian", "joint_patrols") == 10
        assert opened(office) == [("correction", "qingnian", "joint_patrols")]
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="联合巡查应为8次，其余无误", answers=asked)
        assert office.figure("qingnian", "joint_patrols") == 8
        assert opened(office) == []


def test_an_explanation_that_states_another_figure_leaves_it_disputed(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form(staff_deployed=9))
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="出动工作人员：12\n另外想请宽限两天", answers=receipt)
        assert opened(office) == [
            ("correction", "qingnian", "staff_deployed"),
            ("extension", "qingnian", None),
        ]


def test_by_the_commands_a_disputed_figure_keeps_the_report_open_until_it_is_settled(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        correction(office)
        now = ("--now", office.now.isoformat())
        [item] = office.office.json("status", *now)["open"]
        assert (item["kind"], item["unit"], item["field"]) == ("correction", "wansheng", "patrols")
        refused = office.office.run("merge", "--final", *now)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"review settle {item['id']} --reason" in refused.stderr
        unknown = office.office.run("review", "settle", "Q999", *now)
        assert unknown.returncode == 2 and item["id"] in unknown.stderr
        settled = office.office.run("review", "settle", item["id"], "--reason", "电话核实", *now)
        assert (settled.returncode, "已了结" in settled.stdout) == (0, True), settled.stderr
        assert office.office.json("status", *now)["open"] == []
        assert office.office.run("merge", "--final", *now).returncode == 0
        office.reopen()
        decision = office.work.ledger.decisions()[0]
        assert (decision.kind, decision.item, decision.reason) == ("settle", item["id"], "电话核实")
