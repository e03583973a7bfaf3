"""Like findings in one sentence: 以下 13 栏未填写，如无请填 0：……, where each would say the same of another column.

For people's eyes only (letters, the terminal): what is recorded and what `--json` prints stay one finding each. Works on
the findings' own words, so that those recorded long ago are put together too; what it doesn't know stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.base.findings import Finding
from agent.campaign.rules import Campaign

FEWEST = 3
"""Fewer like findings than this stand one by one, each with its cell."""
LONGEST = 480
"""Characters of one sentence: a letter cuts what is longer than cleaning.LONGEST."""
NAMES = 160
"""Characters of the names of files of which the same is said: what can't be read of an archive may be hundreds."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way in which findings are alike.

    Attributes:
        text: what such a finding says; ``label`` is the column, ``tail`` is the same in all that go together.
        head: what is said of all of them; {n} is how many, {tail} that tail.
        item: what is said of each column.
        same: as ``head``, where all but the label is equal; "" where ``head`` does.
    """

    text: re.Pattern[str]
    head: str
    item: str = "{label}"
    same: str = ""


_FILE = re.compile("(?P<place>(?:“[^”]+”里的)?)“(?P<label>[^”]+\\.\\w{1,8})”(?P<tail>[^“”]+)")
_ROW = re.compile("“(?P<row>[^”]{1,60})”一行：")
_WRITTEN = "“(?P<label>.+?)”写的是“(?P<written>.*)”，"
_KINDS = (
    _Kind(
        re.compile("“(?P<label>[^”]+)”未填写，如无请填 0。"),
        "以下 {n} 栏未填写，如无请填 0：",
    ),
    _Kind(
        re.compile(_WRITTEN + "单位不符：此栏以“(?P<measure>.+?)”计，请按“.+?”填写数字。"),
        "以下 {n} 栏单位不符，请按括号里的单位填写数字：",
        "{label}“{written}”（{measure}）",
    ),
    _Kind(
        re.compile(
            _WRITTEN + "按 (?P<value>.+?)登记(?P<tail>(?:，括号内文字作备注)?)。如不对，请更正后重报。"
        ),
        "以下 {n} 栏按下列的数登记{tail}，如不对，请更正后重报：",
        "{label}“{written}”按 {value}",
        "以下 {n} 栏写的是“{written}”，按 {value}登记{tail}，如不对，请更正后重报：",
    ),
    _Kind(
        re.compile("表中没有找到“(?P<label>[^”]+)”一栏。请用原表填报，不要删改栏目名称。"),
        "表中没有找到以下 {n} 栏，请用原表填报，不要删改栏目名称：",
    ),
    _Kind(
        re.compile("没有填写“(?P<label>[^”]+)”。请补填。"),
        "表头有 {n} 项没有填写，请补填：",
    ),
    _Kind(
        re.compile(
            "“(?P<label>[^”]+)”一栏“(?P<row>.+)”写的是 (?P<written>.+)，各行相加是 (?P<sum>.+)，两者不等。请核对各行和.+。"
        ),
        "以下 {n} 栏的合计与各行相加之数不等，请核对各行和合计：",
        "{label}（{row} {written}，相加 {sum}）",
    ),
    _Kind(
        re.compile("收到两份填写不同的表，“(?P<label>[^”]+)”分别是(?P<written>“.*”、“.*”)，(?P<tail>.+)。"),
        "收到两份填写不同的表，有 {n} 栏不同，{tail}：",
        "{label}{written}",
    ),
    _Kind(
        re.compile("“(?P<label>[^”]+)”在图片上看不清(?P<seen>（像是“.*”）)?，不能登记。(?P<tail>.+)。"),
        "以下 {n} 栏在图片上看不清，不能登记，{tail}：",
        "{label}{seen}",
    ),
    _Kind(
        re.compile("“(?P<label>[^”]+)”没有登记：(?P<tail>.+)。"),
        "以下 {n} 栏没有登记，{tail}：",
    ),
    # Last, since it is the most general: 请填准确数字, 不能为负数, 应为整数, 公式没有结果 …
    _Kind(
        re.compile(_WRITTEN + "(?P<tail>[^。]+)。"),
        "以下 {n} 栏{tail}：",
        "{label}“{written}”",
        "以下 {n} 栏写的是“{written}”，{tail}：",
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said once of one or more findings: all of them are of the same severity."""

    findings: tuple[Finding, ...]
    text: str


def told_together(findings: Iterable[Finding], campaign: Campaign) -> tuple[Told, ...]:
    """What to say of the findings: like ones in one sentence, where the first of them stood."""
    groups: dict[object, list[tuple[Finding, Mapping[str, str]]]] = {}
    kinds: dict[object, _Kind] = {}
    for number, finding in enumerate(findings):
        kind, parts = _kind_of(finding)
        alike = (finding.severity, finding.rule, kind and kind.head, parts.get("tail"), "row" in parts)
        key: object = number if kind is None and not parts else alike
        if kind is None and parts:
            key = (*alike, parts["place"])
        groups.setdefault(key, []).append((finding, parts))
        if kind is not None:
            kinds[key] = kind
    figures = len(campaign.form.figures)
    return tuple(told for key, group in groups.items() for told in _told(group, kinds.get(key), figures))


def _kind_of(finding: Finding) -> tuple[_Kind | None, Mapping[str, str]]:
    if finding.field is None:
        about = _FILE.fullmatch(finding.text)
        return None, about.groupdict() if about else {}
    row = _ROW.match(finding.text)
    text = finding.text[row.end() :] if row else finding.text
    for kind in _KINDS:
        match = kind.text.fullmatch(text)
        if match is not None:
            parts = match.groupdict(default="")
            return kind, {**parts, "row": row["row"]} if row else parts
    return None, {}


def _told(
    group: Sequence[tuple[Finding, Mapping[str, str]]], kind: _Kind | None, figures: int
) -> Iterable[Told]:
    if kind is None and len(group) >= FEWEST:
        return [_of_files(group)]
    if kind is None or len(group) < FEWEST:
        return [Told((finding,), finding.text) for finding, _ in group]
    if "row" in group[0][1]:
        return [_of_rows(group, kind, figures)]
    if len(group) == figures and kind is _KINDS[0]:
        text = f"表中 {figures} 栏数字都未填写。如是附错了空表，请换上填好的表；没有发生的，请填 0。"
        return [Told(tuple(finding for finding, _ in group), text)]
    return [_sentence(part, kind) for part in _parts(group, kind)]


def _of_files(group: Sequence[tuple[Finding, Mapping[str, str]]]) -> Told:
    """One sentence of as many files as there are; the first of them by name."""
    named: list[str] = []
    for _, parts in group:
        if named and sum(map(len, named)) + len(parts["label"]) > NAMES:
            break
        named.append(parts["label"])
    more = "等" if len(named) < len(group) else ""
    place, tail = group[0][1]["place"], group[0][1]["tail"]
    text = f"{place} {len(group)} 个文件（{'、'.join(named)}{more}）{tail}".strip()
    return Told(tuple(finding for finding, _ in group), text)


def _of_rows(group: Sequence[tuple[Finding, Mapping[str, str]]], kind: _Kind, figures: int) -> Told:
    """One sentence of as many columns of as many rows as there are: named row by row, as far as a letter shows them."""
    told, item = _head(group, kind, "处")
    rows: dict[str, list[str]] = {}
    for _, parts in group:
        rows.setdefault(parts["row"], []).append(
            item.format(**{**parts, "label": _named(parts["label"])}).rstrip()
        )
    named: list[str] = []
    for row, items in rows.items():
        whole = item == "{label}" and len(items) == figures
        named.append(f"{row}各栏" if whole else f"{row}（{'、'.join(items)}）")
        if sum(map(len, named)) > LONGEST and len(named) < len(rows):
            named[-1] = f"……（共 {len(rows)} 行，其余各行同样请核对）"
            break
    return Told(tuple(finding for finding, _ in group), f"{told}{'、'.join(named)}。")


def _head(group: Sequence[tuple[Finding, Mapping[str, str]]], kind: _Kind, counted: str) -> tuple[str, str]:
    """What is said of all, and what of each."""
    rest = [
        {name: text for name, text in parts.items() if name not in ("label", "row")} for _, parts in group
    ]
    equal = kind.same and all(one == rest[0] for one in rest)
    head, item = (kind.same, "{label}") if equal else (kind.head, kind.item)
    # What is said of 此栏, of this one cell (这是日期), is said of several here.
    common = {**group[0][1], "tail": re.sub("此栏|^这(?=是)", "", group[0][1].get("tail", ""))}
    return head.replace("{n} 栏", f"{{n}} {counted}").format(n=len(group), **common), item


def _parts(
    group: Sequence[tuple[Finding, Mapping[str, str]]], kind: _Kind
) -> Iterable[list[tuple[Finding, Mapping[str, str]]]]:
    """The group, in so many pieces that no sentence is too long."""
    piece: list[tuple[Finding, Mapping[str, str]]] = []
    length = 0
    for one in group:
        long = len(kind.item.format(**one[1])) + 1
        if piece and length + long > LONGEST:
            yield piece
            piece, length = [], 0
        piece.append(one)
        length += long
    yield piece


def _sentence(group: Sequence[tuple[Finding, Mapping[str, str]]], kind: _Kind) -> Told:
    head, item = _head(group, kind, "栏")
    said = (item.format(**{**parts, "label": _named(parts["label"])}).rstrip() for _, parts in group)
    text = f"{head}{'、'.join(said)}。"
    return Told(tuple(finding for finding, _ in group), text)


def _named(label: str) -> str:
    """The label as one of a list: quoted where it would look like two."""
    return f"“{label}”" if "、" in label else label
