"""What stands where figures belong and isn't the unit's to report: an example, last year's figures, a target.

Knows rows and titles by their words; nothing of what the cells hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from agent.base.findings import Finding
from agent.campaign.rules import FormField
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import quote
from agent.reading.table.labels import key
from agent.reading.table.rows import Row
from agent.reading.table.sums import total_row


def other_figures(rows: Sequence[Row], years: range) -> str | None:
    """The name of a row that can't be the figures to report, or a part of them, alone or in a sum; None for no such.

    Args:
        rows: the data rows.
        years: those in which the campaign runs.
    """
    if len(rows) < 2:
        wrong = _ALONE
    elif total_row(rows) is None:
        wrong = _NOT_ADDED
    else:  # 上月 and 本月 may add up to a 累计; an example or last year's figures never do
        wrong = _IN_NO_SUM
    return next((name for row in rows for name in _wrong_names(row, wrong, years)), None)


def heads_other_figures(texts: Iterable[str], years: range) -> str | None:
    """What stands above a column and says that it isn't the figures to report (上年同期, 计划数, 2021年); or None."""
    return next(
        (text for text in texts if _NEVER.fullmatch(key(text)) or _of_another_year(text, years)), None
    )


def is_revised(words: str) -> bool:
    """Whether the words beside a label say that its figures were put right, or checked (更正后, 核定数, 实际)."""
    return _REVISED.fullmatch(key(words)) is not None


def is_example(title: str) -> bool:
    """Whether a title or a sheet's name says that what stands below it is an example (填表示例, …统计表（示例）)."""
    name = key(title)
    return (
        len(name) <= _LONGEST_TITLE and _EXAMPLE_TITLE.search(name) is not None and not _REFERS.search(name)
    )


def not_counted(field: FormField, name: str, rows: Sequence[Row]) -> Finding:
    """The error for a figure of a form with a row of that name."""
    if len(rows) == 1:
        return _not_filled_in(field, f"表中只有“{quote(name)}”一行有数据")
    text = (
        f"“{field.full_label}”：表中有几行数据，其中一行是“{quote(name)}”，不能相加，也不能确定哪一行是要报的数。"
        "请只留要报的一行。"
    )
    return Finding("error", "sum_unmarked", text, field.id, None, (field.id,))


def wrongly_headed(field: FormField, head: str) -> Finding:
    """The error for a figure whose column stands below that heading."""
    return _not_filled_in(field, f"此栏上面的标题是“{quote(head)}”")


def only_an_example(field: FormField, title: str) -> Finding:
    """The error for a figure of a form whose title says that it is an example."""
    return _not_filled_in(field, f"这张表标明是示例（“{title.strip()}”）")


def _not_filled_in(field: FormField, why: str) -> Finding:
    text = f"“{field.full_label}”没有登记：{why}，不是本单位要报的数。请填写本单位的数后重报，如无请填 0。"
    return Finding("error", "blank", text, field.id, None, (field.id,))


def _wrong_names(row: Row, wrong: re.Pattern[str], years: range) -> Iterator[str]:
    for name in row.names:
        example = len(name) <= _LONGEST_NAME and _EXAMPLE.search(squeeze(name))
        again = wrong is not _ALONE and _AGAIN.search(squeeze(name))
        if example or again or wrong.fullmatch(key(name)) or _of_another_year(name, years):
            yield name
    yield from (text for text in row.remarks if _EXAMPLE_REMARK.fullmatch(key(text)))


def _of_another_year(text: str, years: range) -> bool:
    named = _YEAR.fullmatch(key(text))
    return named is not None and int(named[1]) not in years


_YEAR = re.compile(r"(20\d\d)年(?:度|数|度数|情况|同期|同期数)?")
_LONGEST_NAME = 20
_LONGEST_TITLE = 40
_EXAMPLES = "(?:示例|样例|范例|举例)"
_EXAMPLE = re.compile(rf"{_EXAMPLES}|^\(?例[如子表]?(?:[):、.,0-9]|$)|^样表$")
_AGAIN = re.compile(
    r"\((?:更正|修改|修订|订正|重报|重复|作废|自报|核定|核实)[前后]?\)$"
)  # 板辽村（更正） beside 板辽村
_EXAMPLE_REMARK = re.compile(
    rf"(?:此行|本行|此为|这是|填[写报表])?(?:为|是)?{_EXAMPLES}(?:行|数据)?(?:请删除?|勿[删动改])?"
)
_EXAMPLE_TITLE = re.compile(rf"{_EXAMPLES}(?:表|页)?[0-9]*$|^(?:填[写报表]*)?{_EXAMPLES}(?:表|页)?[0-9]*$")
_REFERS = re.compile("参照|参考|按照|依照|对照|详?见")
_PERIOD = "(?:年|年度|季度|季|月|月份|旬|周|期|次)"
_BEFORE = rf"(?:上|上一|去|前){_PERIOD}(?:数|同期|同期数)?"
_OF_YEARS = r"(?:上|上一|去|前)(?:年|年度)(?:数|同期|同期数)?"
_COMPARED = r"同期数?|历年|往年|(?:同比|环比|增减|较[上去同前往]).*"
_PLANNED = r"(?:目标|计划|任务|预计|应)(?:数|值|量|任务|情况)?|完成率"
_AVERAGED = r"(?:平均|人均|户均|占比|比例|比重|百分比)(?:数|值)?"
_TWICE = r"(?:修改|更正|调整|修订|订正)(?:前|后|数|为)?|原(?:报|填|来|表)数?|(?:自报|上报|初报|申报|实报|核定|核实|审核|审定|复核)(?:前|后)?(?:数|值)?"
_REVISED = re.compile(rf"{_TWICE}|(?:实际|准确|正确|最终|最新|新)(?:数|值)?|实发|实有|改[为成]")
_NEVER = re.compile(rf"{_BEFORE}|{_COMPARED}|{_PLANNED}|{_AVERAGED}")
_ALONE = re.compile(rf"{_NEVER.pattern}|其中.+")
_IN_NO_SUM = re.compile(rf"{_OF_YEARS}|{_BEFORE}同期数?|{_COMPARED}|{_PLANNED}|{_AVERAGED}|{_TWICE}")
_NOT_ADDED = re.compile(
    rf"{_NEVER.pattern}|{_TWICE}|其中.*|(?:户|人|件|笔)数|(?:本|今|当){_PERIOD}(?:数|同期|同期数)?|(?:指标|完成|实际|实际完成)(?:数|值|量|任务|情况)?"
)
