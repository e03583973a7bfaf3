"""A campaign (专项行动) as data: rules/*.yaml, read and checked, and its checks run to findings.

Knows what a form asks for and what must hold among its values; knows neither files nor mail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from agent.base.findings import Finding, Severity
from agent.base.plain import plain
from agent.campaign.yamlfile import load_model

FieldType = Literal["count", "amount", "text"]
HeaderType = Literal["unit", "date", "text", "phone"]
Value = Decimal | str | dt.date | bool
"""What a name in a check's expression may stand for."""

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

CONTEXT_NAMES = ("start", "deadline", "received_on", "narrative_sent")
"""Names that a check may use besides the ids of fields and header values."""


class Model(BaseModel):
    """The base of everything read from YAML: frozen, and a key that isn't known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(Model):
    """A unit of measure (计量单位).

    Attributes:
        same: other measures that count as the same, silently (人 and 人次).
        colloquial: ways of speaking that are taken with a note (25名).
        scales: other measures that convert into this one, each with its factor (元 → 万元: 0.0001).
    """

    same: tuple[str, ...] = ()
    colloquial: tuple[str, ...] = ()
    scales: dict[str, Decimal] = {}


_NO_MEASURE = Measure()


class HeaderField(Model):
    """A header value: a line above or below the table, or a column beside the figures."""

    id: Name
    label: str
    type: HeaderType
    aliases: tuple[str, ...] = ()


class FormField(Model):
    """A column of the form.

    Attributes:
        group: the label above that spans several columns (巡查次数 over 总计 and 联合巡查), or None.
        measure: the unit of measure printed behind the label; None for text.
    """

    id: Name
    label: str
    type: FieldType
    group: str | None = None
    measure: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def is_figure(self) -> bool:
        return self.type != "text"

    @property
    def full_label(self) -> str:
        """The label as it is told to people: 巡查次数/总计."""
        return f"{self.group}/{self.label}" if self.group else self.label


class FormRules(Model):
    """The form (统计表): its title, its header values, its columns in the form's order."""

    title: str
    header: tuple[HeaderField, ...]
    fields: tuple[FormField, ...]

    @property
    def figures(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if field.is_figure)

    def field(self, field_id: str) -> FormField:
        """The field of that id; KeyError where there is none."""
        for field in self.fields:
            if field.id == field_id:
                return field
        raise KeyError(field_id)

    def label_of(self, name: str) -> str:
        """How a field's or header value's id is called on paper; the id itself where it is neither."""
        for field in self.fields:
            if field.id == name:
                return field.full_label
        for header in self.header:
            if header.id == name:
                return header.label
        return name


class Check(Model):
    """What must hold among a form's values, as a simpleeval expression over their ids."""

    id: Name
    severity: Severity
    require: str
    message: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the expression looks at."""
        import ast

        return frozenset(
            node.id for node in ast.walk(ast.parse(self.require, mode="eval")) if isinstance(node, ast.Name)
        )


class FormDeliverable(Model):
    """The statistics table as something owed."""

    label: str


class NarrativeDeliverable(Model):
    """The narrative: how long a mail's own text must be to count as one, in characters."""

    label: str
    min_characters: int = 100


class PhotosDeliverable(Model):
    """The photos: how many are owed, and how small a picture is no photo (pixels, both sides)."""

    label: str
    min_count: int = 1
    min_pixels: int = 200


class Deliverables(Model):
    """What each unit owes. A campaign without narrative or photos leaves them out."""

    form: FormDeliverable
    narrative: NarrativeDeliverable | None = None
    photos: PhotosDeliverable | None = None

    def labels(self) -> dict[str, str]:
        """Deliverable → its name on paper, in the order form, narrative, photos."""
        owed = {"form": self.form, "narrative": self.narrative, "photos": self.photos}
        return {name: item.label for name, item in owed.items() if item is not None}


class Outliers(Model):
    """When a value is far from the other units': modified z-score, and how many units must be in."""

    score: Decimal = Decimal("3.5")
    min_units: int = 6


WHOM = "whom"
"""What stands in a report's text for the units that its totals count."""


class ReportParagraph(Model):
    """One part of the report's summary: {field id} stands for the district's total, {whom} for whom it counts."""

    heading: str
    text: str


class ReportRules(Model):
    """What the district report says in words."""

    paragraphs: tuple[ReportParagraph, ...] = ()


class Campaign(Model):
    """One notice: a form, its checks, what is owed, by when.

    Attributes:
        mark: a word at the top of every letter and every page of the report (演示数据, 试运行), or "".
    """

    id: Identifier
    title: str
    also_called: tuple[str, ...] = ()
    mark: str = ""
    start: dt.date
    deadline: dt.date
    measures: dict[str, Measure] = {}
    form: FormRules
    checks: tuple[Check, ...] = ()
    deliverables: Deliverables
    outliers: Outliers = Outliers()
    report: ReportRules = ReportRules()

    _digest: str = PrivateAttr(default="")

    @property
    def digest(self) -> str:
        """The first 12 hexadecimal digits of the rules file's SHA-256: which rules made a reading."""
        return self._digest

    @cached_property
    def measure_names(self) -> frozenset[str]:
        """Every measure that the rules name, in any role."""
        return frozenset(
            name
            for own, measure in self.measures.items()
            for name in (own, *measure.same, *measure.colloquial, *measure.scales)
        )

    def measure_of(self, field: FormField) -> Measure:
        """How a field's measure may be written; in no other way where the rules don't say."""
        return self.measures.get(field.measure or "", _NO_MEASURE)

    @field_validator("checks")
    @classmethod
    def _expressions_parse(cls, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        for check in checks:
            _require_expression(check)
        return checks

    @model_validator(mode="after")
    def _consistent(self) -> Campaign:
        ids = [*(field.id for field in self.form.fields), *(header.id for header in self.form.header)]
        doubled = sorted({name for name in ids if ids.count(name) > 1} | (set(ids) & set(CONTEXT_NAMES)))
        if doubled:
            raise ValueError(f"form：id 重复或与保留名相同：{'、'.join(doubled)}")
        known = set(ids) | set(CONTEXT_NAMES)
        for check in self.checks:
            unknown = sorted((check.names | placeholders(check.message)) - known)
            if unknown:
                raise ValueError(
                    f"checks.{check.id}：没有名为 {'、'.join(unknown)} 的项目；可用：{'、'.join(sorted(known))}"
                )
            if not _can_be_tried(check, self._samples()):
                raise ValueError(
                    f"checks.{check.id}.require：{check.require!r} 把数字、文字、日期混在一起计算或比较"
                )
        figures = {field.id for field in self.form.figures}
        for paragraph in self.report.paragraphs:
            unknown = sorted(placeholders(paragraph.text) - figures - {WHOM})
            if unknown:
                raise ValueError(
                    f"report.paragraphs：没有名为 {'、'.join(unknown)} 的数字项目；可用：{'、'.join(sorted(figures))}"
                )
        for field in self.form.figures:
            if field.measure is None or field.measure not in self.measures:
                raise ValueError(
                    f"form.fields.{field.id}.measure：{field.measure!r} 不在 measures 里；可用：{'、'.join(self.measures)}"
                )
        if self.deadline < self.start:
            raise ValueError(f"deadline：{self.deadline} 早于 start {self.start}")
        return self

    def _samples(self) -> dict[str, Value | None]:
        """A value of the right type for every name that a check may use."""
        fields = {field.id: Decimal(1) if field.is_figure else "" for field in self.form.fields}
        header = {one.id: self.start if one.type == "date" else "" for one in self.form.header}
        days = {"start": self.start, "deadline": self.deadline, "received_on": self.start}
        return {**fields, **header, **days, "narrative_sent": True}


def load_campaign(path: Path) -> Campaign:
    """The campaign that a rules file declares.

    Raises:
        ConfigurationError: one message with the file, the key's path, what was found, what is allowed.
    """
    campaign, digest = load_model(Campaign, path)
    campaign._digest = digest
    return campaign


def run_checks(campaign: Campaign, values: Mapping[str, Value | None]) -> list[Finding]:
    """The findings of the checks that do not hold; one with a missing value is left out.

    Args:
        campaign: whose checks.
        values: fields, header values and context by name; None or absent where there is none.
    """
    context: dict[str, Value | None] = {"start": campaign.start, "deadline": campaign.deadline, **values}
    findings = []
    for check in campaign.checks:
        known = {name: context.get(name) for name in check.names}
        if any(value is None for value in known.values()) or _holds(check.require, known):
            continue
        fields = tuple(field.id for field in campaign.form.fields if field.id in check.names)
        findings.append(
            Finding(
                severity=check.severity,
                rule=check.id,
                field=fields[0] if fields else next(iter(sorted(check.names - set(CONTEXT_NAMES))), None),
                fields=fields,
                text=fill(check.message, context, campaign),
            )
        )
    return findings


def fill(message: str, values: Mapping[str, Any], campaign: Campaign) -> str:
    """The message with {name} replaced by the value, and {label:name} by the label on the form."""

    def one(match: re.Match[str]) -> str:
        kind, name = match["kind"], match["name"]
        return campaign.form.label_of(name) if kind else plain(values[name])

    return _PLACEHOLDER.sub(one, message)


_PLACEHOLDER = re.compile(r"\{(?P<kind>label:)?(?P<name>[a-z][a-z0-9_]*)\}")


def placeholders(message: str) -> frozenset[str]:
    """The names that stand in a text in braces."""
    return frozenset(match["name"] for match in _PLACEHOLDER.finditer(message))


def _holds(expression: str, names: Mapping[str, Value | None]) -> bool:
    """Whether it holds; what can't be worked out (a division by 0) is left out, as with a missing value."""
    return _evaluated(expression, tuple(names.items()))


@lru_cache(maxsize=2_000)  # a decision, or a word about a form, puts its unit's dossier together anew
def _evaluated(expression: str, names: tuple[tuple[str, Value | None], ...]) -> bool:
    try:
        return bool(_evaluator(dict(names)).eval(expression))
    except ArithmeticError:
        return True


def _can_be_tried(check: Check, samples: Mapping[str, Value | None]) -> bool:
    try:
        _holds(check.require, {name: samples[name] for name in check.names})
    except TypeError:
        return False
    return True


def _evaluator(names: Mapping[str, Value | None]) -> Any:
    """A simpleeval evaluator whose literals are decimals, without functions, attributes or powers."""
    import ast

    from simpleeval import DEFAULT_OPERATORS, SimpleEval

    operators = {kind: act for kind, act in DEFAULT_OPERATORS.items() if kind not in _FORBIDDEN}
    evaluator = SimpleEval(operators=operators, functions={}, names=dict(names))

    def literal(node: ast.Constant) -> Any:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return Decimal(str(node.value))
        return node.value

    evaluator.nodes[ast.Constant] = literal
    for kind in (ast.Call, ast.Attribute, ast.Subscript, ast.JoinedStr, ast.FormattedValue):
        evaluator.nodes.pop(kind, None)
    return evaluator


def _forbidden() -> frozenset[type]:
    import ast

    return frozenset({ast.Pow, ast.LShift, ast.RShift, ast.BitXor, ast.BitAnd, ast.BitOr, ast.Invert})


_FORBIDDEN = _forbidden()


def _require_expression(check: Check) -> None:
    """Refuse what a check may not hold: anything but names, decimals, arithmetic, comparison, logic."""
    import ast

    try:
        tree = ast.parse(check.require, mode="eval")
    except SyntaxError as error:
        raise ValueError(f"{check.id}.require：{check.require!r} 不是合法的算式") from error
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED_NODES):
            raise ValueError(
                f"{check.id}.require：{check.require!r} 里不能用 {type(node).__name__}；只能用项目 id、数字、加减乘除、比较、and、or、not"
            )


def _allowed_nodes() -> tuple[type, ...]:
    import ast

    return (
        ast.Expression, ast.Name, ast.Load, ast.Constant,
        ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.UnaryOp, ast.USub, ast.UAdd, ast.Not,
        ast.BoolOp, ast.And, ast.Or,
        ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.IfExp,
    )  # fmt: skip


_ALLOWED_NODES = _allowed_nodes()
