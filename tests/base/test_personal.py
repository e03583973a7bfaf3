"""Numbers of persons in a text are found however they are written, masked, and nothing else is."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.base.personal import counted, find, mask, numbers_in

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643: the weights and check characters as its annex gives them."""
CHECK = "10X98765432"
REGIONS = ("110105", "350724", "440524", "500110", "500119", "510525", "650102", "820000", "931156")
WIDE = str.maketrans("0123456789X- ", "０１２３４５６７８９Ｘ－\u3000")


def check_digit(first: str) -> str:
    return CHECK[sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True)) % 11]


def luhn_digit(first: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(first))]
    return str(-sum(sum(divmod(one, 10)) for one in doubled) % 10)


@st.composite
def identity_cards(draw: st.DrawFn) -> str:
    region = draw(st.sampled_from(REGIONS))
    born = draw(st.dates(dt.date(1900, 1, 1), dt.date(2024, 3, 1)))
    first = f"{region}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first + check_digit(first)


@st.composite
def bank_cards(draw: st.DrawFn) -> str:
    beginning, length = draw(
        st.sampled_from([("62", 16), ("62", 19), ("4", 16), ("52", 16), ("9558", 19), ("60", 19)])
    )
    size = length - len(beginning) - 1
    first = beginning + draw(st.text("0123456789", min_size=size, max_size=size))
    return first + luhn_digit(first)


@st.composite
def mobiles(draw: st.DrawFn) -> str:
    return "1" + draw(st.sampled_from("3456789")) + draw(st.text("0123456789", min_size=9, max_size=9))


@st.composite
def landlines(draw: st.DrawFn) -> tuple[str, str]:
    area = draw(st.sampled_from(["010", "023", "0311", "0898"]))
    local = draw(st.sampled_from("2345678")) + draw(st.text("0123456789", min_size=6, max_size=7))
    return area, local


def grouped(number: str, sizes: tuple[int, ...], between: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return between.join(part for part in (*parts, number[at:]) if part)


BEFORE = [
    "",
    "身份证：",
    "张三（",
    "电话",
    "卡号:",
    "1. ",
    "，\n",
    "3月5日，李四",
    "联系人：王五 ",
    "“",
    "救助2人，",
]
BEHIND = ["", "。", "，已送站", "）", "\n", " 张三", "万盛街道", "；2024年3月5日", "”", "、12人"]
around = st.tuples(st.sampled_from(BEFORE), st.sampled_from(BEHIND))
ID_GROUPS = ((18,), (6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 8, 3), (14,), (1,) * 18, (4, 4, 4, 4, 2))


@given(
    identity_cards(),
    st.sampled_from(ID_GROUPS),
    st.sampled_from([" ", "-", " - ", "\u200b", ""]),
    around,
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_every_valid_identity_card_is_found_however_it_is_written(
    number: str, sizes: tuple[int, ...], between: str, near: tuple[str, str], data: st.DataObject
) -> None:
    written = grouped(number, sizes, between)
    written = data.draw(st.sampled_from([written, written.lower(), written.translate(WIDE)]))
    text = f"{near[0]}{written}{near[1]}"
    assert [(one.kind, one.digits) for one in find(text)] == [("identity_card", number)]
    assert_masked(text, number)


@given(identity_cards(), st.integers(1, 10), around)
@settings(max_examples=100, deadline=None)
def test_a_wrong_check_digit_makes_it_no_identity_card(number: str, off: int, near: tuple[str, str]) -> None:
    wrong = number[:-1] + CHECK[(CHECK.index(number[-1]) + off) % 11]
    assert [one for one in find(f"{near[0]}{wrong}{near[1]}") if one.kind == "identity_card"] == []


@given(
    bank_cards(), st.sampled_from([(19,), (4, 4, 4, 4), (6,), (4, 4, 4)]), st.sampled_from([" ", "-"]), around
)
@settings(max_examples=100, deadline=None)
def test_every_bank_card_with_luhn_s_digit_is_found(
    number: str, sizes: tuple[int, ...], between: str, near: tuple[str, str]
) -> None:
    text = f"{near[0]}{grouped(number, sizes, between)}{near[1]}"
    found = find(text)
    assert [one.digits for one in found] == [number]
    assert found[0].kind in ("bank_card", "identity_card")  # one in many thousands is both
    assert_masked(text, number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert [one for one in find(wrong) if one.kind == "bank_card"] == []


@given(
    mobiles(),
    st.sampled_from([(11,), (3, 4), (3, 8), (7,), (3, 3)]),
    st.sampled_from([" ", "-", "－"]),
    around,
)
@settings(max_examples=100, deadline=None)
def test_every_mobile_is_found(
    number: str, sizes: tuple[int, ...], between: str, near: tuple[str, str]
) -> None:
    text = f"{near[0]}{grouped(number, sizes, between)}{near[1]}"
    assert [(one.kind, one.digits) for one in find(text)] == [("telephone", number)]
    assert_masked(text, number)


@given(
    landlines(),
    st.sampled_from(["{}-{}", "{} {}", "{}{}", "({}){}", "（{}） {}", "{}—{}", "({})-{}"]),
    around,
)
@settings(max_examples=100, deadline=None)
def test_every_landline_with_its_area_code_is_found(
    number: tuple[str, str], pattern: str, near: tuple[str, str]
) -> None:
    text = f"{near[0]}{pattern.format(*number)}{near[1]}"
    assert [(one.kind, one.digits) for one in find(text)] == [("telephone", "".join(number))]
    assert_masked(text, "".join(number))


def assert_masked(text: str, number: str) -> None:
    masked = mask(text)
    shown = re.sub(r"[^0-9X*]", "", masked.upper().translate({v: k for k, v in WIDE.items()}))
    assert len(masked) == len(text)
    assert number not in shown
    hidden = f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
    assert hidden in shown
    assert find(masked) == () and mask(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("身份证11010519491231002X。", "身份证110***********002X。"),  # the standard's own example
        ("sfz 11010519491231002x", "sfz 110***********002x"),
        ("身份证号110105491231002", "身份证号110********1002"),
        ("身份证号 110105 491231 002", "身份证号 110*** ****** *002".replace("****** *002", "*****1 002")),
        ("张三13812345678万盛街道人", "张三138****5678万盛街道人"),
        ("1.13812345678 2.13912345678", "1.138****5678 2.139****5678"),
        ("+86 138-1234-5678", "+86 138-****-5678"),
        ("8613812345678", "86138****5678"),
        ("138.1234.5678", "138.****.5678"),
        ("+86-23-48270000、+86 10 6555 1234", "+86-23-4***0000、+86 10 6*** 1234"),
        ("13812345678/13912345678", "138****5678/139****5678"),
        ("微信vx13812345678", "微信vx138****5678"),
        ("13812345678@163.com", "138****5678@163.com"),
        ("13812345678人已劝离", "138****5678人已劝离"),
        ("电话：48270001", "电话：48****01"),
        ("联系电话是4827 0001", "联系电话是48** **01"),
        ("护照号E12345678", "护照号E1*****78"),
        ("已查明其户籍（5001101990…）", "已查明其户籍（500*******…）"),
        ("500110\n199001011236", "500***\n********1236"),
    ],
)
def test_what_is_masked_keeps_its_ends(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "渝府发〔2024〕12号、渝民发〔2023〕138号，GB 11643-1999",
        "2024年3月5日 13:30至2024-03-06 09:00，20240305，2024.03.05-2024.03.08",
        "拨打12345、110、120热线，400-800-8820",
        "发放宣传资料13812345678份，物资15000000000元，13800000000 元，1,380,000,000元",
        "合计 12 5 300 10 1.5 1.25 2000 3 1 15 6 2 0",
        "12\t5\t300\t10\t138\t1234\t5678",
        "0.13812345678，13812345678.5，13812345678.50元",
        "统一社会信用代码12500110450400000X、91500110MA5U000000",
        "mmexport1709612345678.jpg，IMG_20240305_123456.jpg，微信图片_20240305123456.jpg",
        "Screenshot_2024-03-05-12-34-56-789.jpg",
        "sha256 9f13812345678ab2e1",
        "电话：20240305接到",
        "ISBN 978-7-111-54742-6，条码6901234567892",
        "000-00000000",
        "(10500004)(1032032417)(2352010004)",  # a spam filter's rules
        "6222021234567890129",  # Luhn's digit would be 8
        "123456789012345678、999999999999999999",
        "",
    ],
)
def test_amounts_dates_documents_and_hotlines_are_left_alone(text: str) -> None:
    assert find(text) == ()
    assert mask(text) == text


@pytest.mark.parametrize(
    "written", ["023-48270000", "02348270000", "(023)48270000", "电话：48270000", "86-23-48270000"]
)
def test_the_bureau_s_own_telephone_is_nobody_s_secret(written: str) -> None:
    known = numbers_in("023-48270000转8001、13812345678")
    assert mask(f"{written}，13812345678，13912345678", known) == f"{written}，13812345678，139****5678"


def test_each_number_counts_once() -> None:
    text = "张三11010519491231002X，电话13812345678、138-1234-5678、13912345678，再记一次11010519491231002x"
    assert counted(find(text)) == "身份证号 1 个、电话号码 2 个"
    assert counted(find("无")) == ""


@given(st.text("0123456789０１Xx -－.,…\n\t()（）人份元电话：号身份证\u200b*a", max_size=80))
@settings(max_examples=300, deadline=None)
def test_a_masked_text_has_its_length_its_words_and_no_number_left(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(
        one == other or (other == "*" and one.isalnum()) for one, other in zip(text, masked, strict=True)
    )
    assert find(masked) == ()
    assert mask(masked) == masked


def test_a_long_text_takes_no_long_time() -> None:
    number = "13812345678 11010519491231002X 2024-03-05 "
    assert len(find(number * 2000)) == 4000
    assert find("1 " * 50_000) == ()
