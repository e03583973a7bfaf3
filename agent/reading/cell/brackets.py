"""What stands in brackets behind a figure: its measure, the same figure once more, a remark, or a doubt about it.

Knows text and one field; how the figure itself is read is given by written.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext

from agent.reading.cell import numerals
from agent.reading.cell.asked import Asked, Reading
from agent.reading.cell.folding import squeeze
from agent.reading.cell.measures import scale_of, strip_measure
from agent.reading.cell.phrases import phrases

Read = Callable[[str], Reading | None]
"""Reads a text by itself as a figure of the field; None where it is none."""

_ROUND = str.maketrans("[]【】〔〕{}", "()()()()")
_BRACKETED = re.compile(r"(?P<head>[^()]*[^()\s])\s*\((?P<inside>[^()]*)\)\s*(?P<tail>[^()0-9]*)")


def bracketed(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """The figure that has a bracket behind it; None where there is no such bracket, or no figure before it.

    Args:
        text: folded and trimmed.
        written: as the cell has it.
        asked: the field.
        read: reads what is outside of the bracket, and what is in it.
    """
    match = _BRACKETED.fullmatch(text.translate(_ROUND))
    if match is None or not match["inside"].strip():
        return None
    head, inside, tail = match["head"], match["inside"].strip(), match["tail"].strip()
    measure = strip_measure(squeeze(inside))
    if not tail and _is_measure(measure, asked):
        return _with_measure(head, measure, written, asked, read)
    figure = read(head + tail)
    if figure is None or figure.value is None or not isinstance(figure.value, Decimal):
        return figure
    again = _added(inside) or read(inside)
    if again is not None and again.value == figure.value:
        return Reading(figure.value, (asked.note(written, figure.value),))
    if again is not None and again.value is not None:
        return asked.error(
            "not_exact", written, f"括号内外是两个不同的数（{quoted(inside)}），请只填一个准确数字"
        )
    bare = (head + tail)[-1:].isdigit()
    doubt = _doubt(squeeze(inside), figure.value, asked, bare)
    if doubt:
        return asked.error("not_exact", written, doubt)
    return Reading(figure.value, (asked.note(written, figure.value, "，括号内文字作备注"),))


def _with_measure(head: str, measure: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """12（次）, 15000（元）; 1.5（元） in a column of 万元 is hardly one and a half 元."""
    if not head[-1:].isdigit():
        return None
    reading = read(head + measure)
    if reading is None or not isinstance(reading.value, Decimal) or not 0 < reading.value < _SURELY:
        return reading
    scale = scale_of(measure, asked.field, asked.campaign, asked.stated)
    if scale is None or scale.factor >= 1:
        return reading
    return asked.error("not_exact", written, _UNCLEAR.format(asked.field.measure))


def quoted(text: str) -> str:
    return f"括号里是“{text}”"


def _is_measure(text: str, asked: Asked) -> bool:
    if not text:
        return False
    return text in asked.campaign.measure_names or (
        scale_of(text, asked.field, asked.campaign, asked.stated) is not None
    )


def _added(text: str) -> Reading | None:
    """5+7, the parts of the figure, as their sum."""
    parts = re.split(r"\s*\+\s*", text)
    if len(parts) < 2 or not all(re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", part) for part in parts):
        return None
    with localcontext(prec=100):
        return Reading(sum(map(Decimal, parts), Decimal(0)))


def _doubt(remark: str, value: Decimal, asked: Asked, bare: bool) -> str:
    """Why the figure isn't certain with such a remark behind it; "" where it is."""
    known = phrases()
    if known.doubtful.search(known.harmless.sub("", remark)):
        return "括号里的话使这个数不能确定，请只填一个准确数字"
    if bare and asked.field.type == "amount" and _MONEY.search(remark):
        return _UNCLEAR.format(asked.field.measure)
    if any(_is_odd_number(one) for one in remark):
        return _ANOTHER
    if _COIN.search(remark) and asked.field.type == "count":
        return _ANOTHER
    numbers = [one for one in _numbers(remark) if not _counts_goods(one[1], asked)]
    if not numbers:
        return ""
    parts = [part for part in (_part(*one, asked) for one in numbers) if part is not None]
    with localcontext(prec=100):
        total = sum(parts, Decimal(0))
    adds_up = len(parts) == len(numbers) > 1 and total == value
    if adds_up or (known.among.match(remark) and total <= value):
        return ""
    return _ANOTHER


def _is_odd_number(character: str) -> bool:
    """Whether a character is a number that isn't read as one here: ②, ½, ⅻ."""
    return not character.isdecimal() and unicodedata.category(character) in ("No", "Nl") and character != "〇"


def _counts_goods(behind: str, asked: Asked) -> bool:
    return asked.field.type == "amount" and phrases().goods.match(behind) is not None


def _numbers(remark: str) -> Iterator[tuple[Decimal, str]]:
    """Each number in a remark, with the few letters behind it that may be its measure."""
    for match in _NUMBER.finditer(remark):
        number = Decimal(match["digits"].replace(",", "")) if match["digits"] else None
        number = number if number is not None else numerals.parse(match["numeral"])
        # What is written like a numeral and is none (三五) is a number of which nothing is known.
        yield (Decimal("Infinity") if number is None else number), match["measure"]


def _part(number: Decimal, behind: str, asked: Asked) -> Decimal | None:
    """A number in the field's measure; None where it counts something else (其中出动30人 among patrols)."""
    for end in range(len(behind), -1, -1):
        scale = scale_of(behind[:end], asked.field, asked.campaign, asked.stated)
        if scale is not None:
            if not end and any(behind.startswith(name) for name in asked.campaign.measure_names):
                return None
            with localcontext(prec=100):
                return number * scale.factor
    return None


_ANOTHER = "括号里还有别的数，不能确定要报哪一个，请只填一个准确数字"
_UNCLEAR = "看不出是元还是{0}，请只填以“{0}”计的数字"
_SURELY = Decimal("0.01")
_COUNTED = "[次人名份个位户元场批件处天组辆万千百]"
_NUMBER = re.compile(
    rf"(?:(?P<digits>[0-9][0-9,]*(?:\.[0-9]+)?)|(?P<numeral>[{numerals.CHARACTERS}]{{2,}}|[{numerals.CHARACTERS}](?={_COUNTED})"
    rf"|(?<![\u4e00-\u9fff])[{numerals.CHARACTERS}](?![\u4e00-\u9fff])))"
    r"(?P<measure>[\u4e00-\u9fff]{0,3})"
)
_COIN = re.compile("[¥$]|人民币")
_MONEY = re.compile("元|圆|块|钱|人民币|[¥$]|美金|千|百")
