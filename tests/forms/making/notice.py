"""The notice's own form, by hand from the notice: labels, a township's figures, the lines around the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .model import Expected, Form, Grid, Merge, Styled

# id, group, label, measure
COLUMNS: tuple[tuple[str, str | None, str, str | None], ...] = (
    ("patrols", "巡查次数", "总计", "次"),
    ("joint_patrols", "巡查次数", "联合巡查", "次"),
    ("staff_deployed", None, "出动工作人员", "人次"),
    ("volunteers_mobilised", None, "动员社会力量参与", "人次"),
    ("supplies_prepared", None, "准备物资", "万元"),
    ("supplies_distributed", None, "发放物资", "万元"),
    ("leaflets_distributed", None, "发放宣传资料", "份"),
    ("media_reports", None, "媒体宣传", "次"),
    ("moving_stories", None, "感人事迹", "个"),
    ("people_persuaded", None, "劝导人数", "人"),
    ("people_brought_to_station", None, "劝导进站救助人数", "人"),
    ("critically_ill_helped", None, "救助危重病人", "人"),
    ("minors_helped", None, "救助未成年人", "人"),
    ("remarks", None, "备注", None),
)
IDS = tuple(column[0] for column in COLUMNS)
FIGURES: dict[str, str] = {
    "patrols": "42",
    "joint_patrols": "17",
    "staff_deployed": "136",
    "volunteers_mobilised": "58",
    "supplies_prepared": "6.35",
    "supplies_distributed": "4.8",
    "leaflets_distributed": "1250",
    "media_reports": "9",
    "moving_stories": "3",
    "people_persuaded": "27",
    "people_brought_to_station": "11",
    "critically_ill_helped": "2",
    "minors_helped": "4",
    "remarks": "无异常",
}
TITLE = "“冬季送温暖”专项救助行动情况统计表"
HEADER: dict[str, str | None] = {
    "unit": "青年镇人民政府",
    "reported_on": "2024-03-01",
    "reporter": "张三",
    "phone": "000-00000000",
}
ABOVE: tuple[tuple[str, ...], ...] = (
    (TITLE,),
    ("单位：青年镇人民政府", "填报时间：2024年3月1日"),
    ("填报人：张三", "联系电话：000-00000000"),
)
FOOTNOTE = (
    "注：请于2024年3月5日前将此表报区民政局，联系人：李四，电话：000-11111111，邮箱：report@civil.example。"
)
SINGLE = {"patrols": "巡查次数总计", "joint_patrols": "联合巡查次数"}


def number(text: str) -> Any:
    """The figure as a numeric cell holds it."""
    return float(text) if "." in text else int(text)


def row(**changes: Any) -> list[Any]:
    """A township's row: numeric cells, but for what is changed."""
    figures: dict[str, Any] = {
        name: number(text) if name != "remarks" else text for name, text in FIGURES.items()
    }
    return list((figures | changes).values())


def texts(**changes: Any) -> list[Any]:
    return list((FIGURES | changes).values())


def head(
    order: Sequence[str] = IDS, measures: bool = True, brackets: str = "（）"
) -> tuple[Grid, list[Merge]]:
    """The header of two levels, with its merges, for columns in any order in which a group stays together."""
    top: list[Any] = []
    low: list[Any] = []
    merges: list[Merge] = []
    by_id = {column[0]: column for column in COLUMNS}
    for place, name in enumerate(order):
        _, group, label, measure = by_id[name]
        behind = f"{brackets[0]}{measure}{brackets[1]}" if measures and measure else ""
        if group is None:
            top.append(label + behind)
            low.append(None)
            merges.append((0, place, 1, place))
            continue
        low.append(label)
        if place and by_id[order[place - 1]][1] == group:
            top.append(None)
            merges.append((0, place - 1, 0, place))
        else:
            top.append(group + behind)
    return [top, low], merges


def labels(order: Sequence[str] = IDS, measures: bool = True) -> list[Any]:
    """A header of one level."""
    return [
        SINGLE.get(name, label) + (f"（{measure}）" if measures and measure else "")
        for name in order
        for one, _, label, measure in COLUMNS
        if one == name
    ]


def form(
    *rows: list[Any], above: Sequence[Sequence[Any]] = ABOVE, below: Sequence[str] = (FOOTNOTE,), **more: Any
) -> Form:
    """The notice's form with these rows of figures."""
    cells, merges = head()
    return Form(above=above, cells=[*cells, *(rows or (row(),))], merges=merges, below=below, **more)


def flat(
    *rows: list[Any], order: Sequence[str] = IDS, above: Sequence[Sequence[Any]] = ABOVE, **more: Any
) -> Form:
    """The same with a header of one level."""
    return Form(above=above, cells=[labels(order), *(rows or (row(),))], below=(FOOTNOTE,), **more)


def expect(
    values: Mapping[str, str | None] | None = None,
    *,
    errors: Mapping[str, str] | Sequence[str] = (),
    warnings: Sequence[str] = (),
    notes: Mapping[str, str] | Sequence[str] = (),
    header: Mapping[str, str | None] | None = None,
    confirm: bool | str = False,
) -> Expected:
    """The township's reading, but for these values; an error's field is null.

    ``errors`` and ``notes``: field to rule, or a list of fields where the rule is the usual one.
    """
    told = dict(errors) if isinstance(errors, Mapping) else dict.fromkeys(errors, "*")
    noted = dict(notes) if isinstance(notes, Mapping) else dict.fromkeys(notes, "normalised")
    return Expected(
        values={**FIGURES, **(values or {}), **dict.fromkeys((name for name in told if name in IDS), None)},
        errors=[f"{rule}:{name}" for name, rule in told.items()],
        warnings=list(warnings),
        notes=[f"{rule}:{name}" for name, rule in noted.items()],
        header={**HEADER, **(header or {})},
        needs_confirmation=confirm,
    )


def formatted(value: Any, format_: str) -> Styled:
    return Styled(value, format=format_)
