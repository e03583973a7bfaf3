"""The few words by which the contact decides by mail, and the tokens that go with them."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.campaign.units import Register, Unit
from agent.judging.command_words import Order, heard, judged, ready_replies, rejecting
from agent.judging.tokens import PATTERN, Tokens, of_mail

NOW = dt.datetime(2024, 3, 1, 12, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))
WEEK = dt.timedelta(days=7)
TOKENS = Tokens(bytes(range(32)))
ITEMS = {"H1": "a" * 64, "H2": "b" * 64, "F12345678": "12345678" + "c" * 56}
UNITS = Register(
    district="万盛经开区",
    units=(Unit(id="qingnian", name="青年镇", aliases=("青年镇人民政府",)), Unit(id="shilin", name="石林镇")),
)


def token(item: str = "H1", sha256: str = "", until: dt.datetime = NOW + WEEK) -> str:
    return TOKENS.issue(of_mail(item, sha256 or ITEMS[item]), until)


T1, T2 = token("H1"), token("H2")


def asked(
    subject: str = "", words: str = "", at: dt.datetime = NOW
) -> list[tuple[str, str | None, str, str]]:
    orders = judged(heard(subject, words), TOKENS, ITEMS, UNITS, at)
    return [(one.item, one.verb, one.unit, one.result) for one in orders]


# --- tokens ----------------------------------------------------------------------------------------------


def test_a_token_is_short_enough_for_a_subject_and_has_no_letter_that_could_be_mistaken() -> None:
    assert len(T1) == 23
    assert PATTERN.fullmatch(T1)
    assert not set(T1) & set("ILOU")


def test_a_token_is_good_for_one_mail_until_its_hour() -> None:
    about = of_mail("H1", ITEMS["H1"])
    assert TOKENS.judge(T1, about, NOW + WEEK) == "valid"
    assert TOKENS.judge(T1, about, NOW + WEEK + dt.timedelta(minutes=40)) == "expired"
    assert TOKENS.judge(T1, of_mail("H2", ITEMS["H2"]), NOW) == "wrong"
    assert (
        TOKENS.judge(T1, of_mail("H1", ITEMS["H2"]), NOW) == "wrong"
    )  # a number that another mail bears now
    assert Tokens(bytes(32)).judge(T1, about, NOW) == "wrong"


def test_a_token_reads_the_same_however_it_is_written() -> None:
    about = of_mail("H1", ITEMS["H1"])
    written = T1.lower().replace("-", "").replace("0", "o").replace("1", "l")
    assert TOKENS.judge(written, about, NOW) == "valid"


@given(st.integers(0, 99), st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=1))
def test_no_letter_of_a_token_can_be_changed(at: int, letter: str) -> None:
    bare = T1.replace("-", "")
    changed = bare[: at % 20] + letter + bare[at % 20 + 1 :]
    assert (TOKENS.judge(changed, of_mail("H1", ITEMS["H1"]), NOW) == "valid") == (changed == bare)


@given(st.text())
def test_whatever_stands_for_a_token_is_judged(text: str) -> None:
    assert TOKENS.judge(text, of_mail("H1", ITEMS["H1"]), NOW) == "wrong"


# --- ready replies ---------------------------------------------------------------------------------------


def test_each_link_opens_the_decision_that_it_is_called_by() -> None:
    offers = ready_replies("H1", T1, "report@civil.example", "青年镇", ["石林镇"], register=True)
    orders = [judged(heard(one.subject, one.body), TOKENS, ITEMS, UNITS, NOW)[0] for one in offers]
    assert [(one.label, order.verb, order.unit, order.register, order.result) for one, order in zip(offers, orders, strict=True)] == [
        ("接受（青年镇）", "accept", "", False, "asked"),
        ("接受并登记邮箱", "accept", "", True, "asked"),
        ("归入石林镇", "assign", "shilin", False, "asked"),
        ("归入其他单位", "assign", "", False, "no_unit"),
        ("退回", "reject", "", False, "asked"),
    ]  # fmt: skip
    assert rejecting("F12345678", token("F12345678"), "report@civil.example")[0].label == "退回"


def test_a_link_says_in_its_address_what_the_reply_holds() -> None:
    [*_, other, _] = ready_replies("H1", T1, "report@civil.example", None, register=True)
    link = urlsplit(other.href)
    assert (link.scheme, link.path) == ("mailto", "report@civil.example")
    assert parse_qs(link.query) == {"subject": [other.subject], "body": ["单位：\r\n登记邮箱：否\r\n原因："]}
    assert other.href.isascii()
    assert "+" not in other.href  # a plus is a plus in such a link, never a blank


def test_what_is_filled_in_below_a_link_s_decision_belongs_to_it() -> None:
    [order] = heard(
        f"待核 H1 归入其他单位 {T1}", "单位：青年镇人民政府\r\n登记邮箱：是\r\n原因：电话核实\r\n"
    )
    [order] = judged([order], TOKENS, ITEMS, UNITS, NOW)
    assert order == Order("H1", "assign", "qingnian", True, "电话核实", right=True)


# --- what is heard ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "verb", "unit"),
    [
        ("H1 接受 {t}", "accept", ""),
        ("ｈ１接受：{t}。", "accept", ""),
        ("{t} H1 接受", "accept", ""),
        ("待核 H1 退回，口令 {t}", "reject", ""),
        ("“H1 归入 青年镇人民政府 {t}”", "assign", "qingnian"),
        ("H1 归入石林镇并登记邮箱 {t} 原因：不是青年镇的", "assign", "shilin"),
    ],
)
def test_a_line_of_the_sender_s_own_decides(line: str, verb: str, unit: str) -> None:
    assert asked("回复：【日报】", f"您好：\n{line.format(t=T1)}\n张三") == [("H1", verb, unit, "asked")]


@pytest.mark.parametrize(
    "line",
    [
        "H1 不接受 {t}",
        "H1 接受吗 {t}",
        "H1 {t}",
        "H1 接受或退回 {t}",
        "H1 接受青年镇 {t}",
        "H1 先不要接受 {t}",
    ],
)
def test_other_words_decide_nothing(line: str) -> None:
    assert asked("", line.format(t=T1)) == [("H1", None, "", "unclear")]


def test_several_mails_are_decided_a_line_each_those_that_are_clear() -> None:
    words = f"H1 接受 {T1}\nH2 接受或者退回 {T2}"
    assert asked("", words) == [("H1", "accept", "", "asked"), ("H2", None, "", "unclear")]


def test_two_decisions_about_one_mail_are_none_and_the_same_twice_is_one() -> None:
    assert asked(f"待核 H1 接受 {T1}", f"H1 退回 {T1}") == [("H1", None, "", "two")]
    assert asked(f"待核 H1 接受 {T1}", "H1 接受") == [("H1", "accept", "", "asked")]
    assert asked("", f"H1 接受 {T1}\nH1 接受 {T2}") == [("H1", None, "", "two")]


@pytest.mark.parametrize("more", ["这封是石林镇的", "先等等", "是不是重复了？", "H2 也一样"])
def test_other_words_beside_a_decision_may_change_it(more: str) -> None:
    assert asked(f"待核 H1 接受 {T1}", f"原因：\n{more}")[0][3] == "more_words"


@pytest.mark.parametrize("more", ["谢谢！", "张三\n某某民政局 000-00000000", "地址：石林镇人民路1号"])
def test_courtesies_and_a_signature_change_nothing(more: str) -> None:
    assert asked(f"待核 H1 接受 {T1}", f"原因：\n{more}") == [("H1", "accept", "", "asked")]


def test_the_reason_of_a_refusal_may_go_on_over_lines() -> None:
    [order] = heard(f"待核 H1 退回 {T1}", "原因：表上单位不对\n请改好再报")
    assert (order.result, order.reason) == ("asked", "表上单位不对 请改好再报")


def test_the_subject_of_an_answer_to_a_decision_decides_nothing() -> None:
    assert asked(f"回复：待核 H1 接受 {T1}", "收到") == [("H1", "accept", "", "replied")]
    assert asked("Re: 【日报】冬季送温暖：待核 1", "H1 是怎么回事？") == []


def test_without_a_right_token_nothing_is_decided() -> None:
    stale, other = token("H1", until=NOW - WEEK), token("H1", sha256="d" * 64)
    lines = {
        "H1 接受": "no_token",
        f"H1 接受 {T2}": "wrong",
        f"H1 接受 {other}": "wrong",
        f"H1 接受 {stale}": "expired",
        f"H7 接受 {T1}": "wrong",
    }
    assert [asked("", line)[0][3] for line in lines] == list(lines.values())
    [order] = judged(heard("", f"H1 接受 {T1}"), None, ITEMS, UNITS, NOW)
    assert order.result == "wrong"  # no token was ever made


@given(st.text(), st.text())
def test_whatever_a_mail_says_it_is_heard_without_failing(subject: str, words: str) -> None:
    for order in judged(heard(subject, words), TOKENS, ITEMS, UNITS, NOW):
        assert order.result != "asked"
        assert Order.from_json(order.as_json()) == order


def test_a_token_is_never_stored() -> None:
    [order] = heard("", f"H1 接受 {T1}")
    assert T1 not in str(order.as_json())
    assert T1 not in repr(order)
