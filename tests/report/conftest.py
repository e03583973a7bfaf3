"""Made-up districts for the report: dossiers assembled from submissions, as the ledger would give them."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import assemble
from agent.dossier.oddities import across_units
from agent.dossier.overview import Failed, Held, Overview
from agent.dossier.submission import Decision, Piece, Submission
from agent.dossier.version import Filed
from agent.reading.reading import Figure, Form
from agent.report.compile import compile_report

ROOT = Path(__file__).resolve().parent.parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = dt.datetime(2024, 3, 6, 17, 30, tzinfo=ZONE)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def picture(seed: int, size: tuple[int, int] = (640, 480), kind: str = "JPEG", **options: object) -> bytes:
    """A picture that differs by its seed."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, (seed * 37 % 256, seed * 91 % 256, seed * 53 % 256))
    ImageDraw.Draw(image).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill="white")
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def figures(factor: int, **more: Figure) -> dict[str, Figure]:
    """A form's values without a finding, different for each factor."""
    counts = {
        "patrols": 10, "joint_patrols": 4, "staff_deployed": 37, "volunteers_mobilised": 12,
        "leaflets_distributed": 300, "media_reports": 2, "moving_stories": 1, "people_persuaded": 6,
        "people_brought_to_station": 3, "critically_ill_helped": 1, "minors_helped": 0,
    }  # fmt: skip
    scaled: dict[str, Figure] = {name: Decimal(count * factor) for name, count in counts.items()}
    amounts = {
        "supplies_prepared": Decimal("1.1") * factor,
        "supplies_distributed": Decimal("0.7") * factor,
    }
    return {**scaled, **amounts, "remarks": "", **more}


@dataclass
class District:
    """A register and what its units have sent, to be told as an Overview."""

    campaign: Campaign
    register: Register
    as_of: dt.datetime = AS_OF
    submissions: dict[str, list[Submission]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    unreachable: frozenset[str] = frozenset()
    _seq: int = 0

    figures = staticmethod(figures)
    picture = staticmethod(picture)

    def next(self) -> int:
        self._seq += 1
        return self._seq

    def send(
        self,
        unit: str,
        values: Mapping[str, Figure] | None = None,
        *,
        at: dt.datetime | None = None,
        photos: Sequence[bytes] = (),
        narrative: bool = False,
        findings: Iterable[Finding] = (),
        file_findings: Iterable[Finding] = (),
        needs_confirmation: bool = False,
        explanation: str = "",
        file: str = "统计表.xlsx",
        decided_by: str | None = None,
    ) -> Submission:
        """One mail of a unit: a form where there are values, photos, a narrative."""
        seq = self.next()
        received = at or dt.datetime(2024, 3, 1, 9, 0, tzinfo=ZONE) + dt.timedelta(minutes=seq)
        form_file = Piece(file, sha(f"{unit}{seq}"), "form") if values is not None else None
        pieces = [form_file] if form_file else []
        if narrative:
            pieces.append(Piece("开展情况.docx", sha(f"n{seq}"), "narrative", is_narrative=True))
        for number, data in enumerate(photos):
            piece = Piece(f"现场{number + 1}.jpg", hashlib.sha256(data).hexdigest(), "photo")
            self.pictures[piece.sha256] = data
            pieces.append(piece)
        submission = Submission(
            seq=seq,
            message=sha(f"mail{seq}"),
            received=received,
            sender=f"{unit}@town.example",
            subject="报送材料",
            pieces=tuple(pieces),
            form=self._form(values, received, needs_confirmation) if values is not None else None,
            form_file=form_file,
            form_findings=tuple(findings),
            findings=tuple(file_findings),
            explanation=explanation,
            decided_by=decided_by,
        )
        self.submissions.setdefault(unit, []).append(submission)
        return submission

    def _form(self, values: Mapping[str, Figure], received: dt.datetime, unsure: bool) -> Form:
        fields = self.campaign.form.fields
        blank: dict[str, Figure] = {one.id: Decimal(0) if one.is_figure else "" for one in fields}
        return Form(
            unit=None,
            reported_on=received.date(),
            reporter="填报人",
            phone="000-00000000",
            values={**blank, **values},
            sources={one.id: f"Sheet1!{chr(65 + place)}6" for place, one in enumerate(fields)},
            needs_confirmation=unsure,
        )

    def decide(self, kind: str, unit: str, **more: object) -> None:
        at = dt.datetime(2024, 3, 2, 10, 0, tzinfo=ZONE)
        told = {"by": "contact@civil.example", **more}
        self.decisions.append(Decision(seq=self.next(), kind=kind, at=at, unit=unit, **told))  # type: ignore[arg-type]

    def overview(self) -> Overview:
        dossiers = tuple(
            assemble(unit, self.submissions.get(unit.id, ()), self.decisions, self.campaign)
            for unit in self.register.units
        )
        return Overview(
            campaign=self.campaign,
            register=self.register,
            as_of=self.as_of,
            dossiers=dossiers,
            held=tuple(self.held),
            failed=tuple(self.failed),
            unreachable=self.unreachable,
            cross_findings=across_units(dossiers, self.campaign),
        )

    def photo(self, filed: Filed) -> bytes:
        return self.pictures[filed.piece.sha256]

    def report(self, templates: Sequence[Path] = (ROOT / "templates",)) -> dict[str, bytes]:
        return compile_report(self.overview(), templates, self.photo)

    def file(self, part: str) -> bytes:
        """The one file of the report whose name holds ``part``; of districts that tell the same it is made once."""
        told = repr(self.overview())
        if told not in _MADE:
            _MADE[told] = self.report()
        (found,) = [data for name, data in _MADE[told].items() if part in name]
        return found


_MADE: dict[str, dict[str, bytes]] = {}
"""Reports by what their overviews say: many tests look at one of the same few."""


@pytest.fixture
def make_district() -> type[District]:
    """For a district of one's own campaign and units."""
    return District


@pytest.fixture
def district(campaign: Campaign, register: Register) -> District:
    return District(campaign, register)


@pytest.fixture
def complete(district: District) -> District:
    """Each required unit has sent all that it owes, in time and without a question."""
    required = [unit for unit in district.register.units if unit.required]
    for number, unit in enumerate(required, start=1):
        district.send(unit.id, figures(number % 4 + 3), photos=[picture(number)], narrative=True)
    return district


@pytest.fixture
def troubled(district: District) -> District:
    """A district with everything that can be lacking or odd at once."""
    long_remark = (
        "联合公安、城管、医院开展夜间巡查，重点为桥洞、车站、废弃厂房等处；发放棉被、棉衣、方便食品。" * 4
    )
    district.send(
        "wansheng", figures(4, remarks=long_remark), photos=[picture(1), picture(2)], narrative=True
    )
    short = district.send(
        "donglin", figures(3, staff_deployed=Decimal(5)), photos=[picture(3)], narrative=True
    )
    district.send("donglin", explanation="该数按参与的工作组计，每组不止一人，已改进统计口径。")
    assert short.form
    changed = district.send(
        "wandong",
        figures(5, supplies_prepared=Decimal("55000"), supplies_distributed=Decimal("3.123456")),
        photos=[picture(3)],
    )
    district.decide(
        "override",
        "wandong",
        message=changed.message,
        field="supplies_prepared",
        value=Decimal("5.5"),
        reason="电话核实，系按元填写",
    )
    blank = Finding("error", "blank", "“发放物资”未填写，如无请填 0。", field="supplies_distributed")
    district.send("nantong", figures(2, supplies_distributed=None), findings=[blank], photos=[picture(4)])
    scanned = district.send(
        "qingnian",
        figures(4),
        needs_confirmation=True,
        photos=[picture(n, (480, 640)) for n in range(5, 8)],
        narrative=True,
    )
    district.decide("confirm", "qingnian", message=scanned.message)
    district.send(
        "guanba",
        figures(6, leaflets_distributed=Decimal(1234567)),
        at=AS_OF - dt.timedelta(hours=3),
        narrative=True,
        photos=[picture(8)],
    )
    district.send("conglin", figures(3), needs_confirmation=True)
    district.send(
        "shilin",
        figures(5, patrols=Decimal(500), staff_deployed=Decimal(20)),
        photos=[picture(9)],
        narrative=True,
    )
    district.send("jinqiao", figures(3), photos=[picture(10), b"no picture"], narrative=True)
    district.send("jinqiao", figures(3, joint_patrols=Decimal(99)))
    district.send("station", figures(1), decided_by="contact@civil.example")
    district.held.append(
        Held(
            "H3",
            sha("h"),
            "unknown_sender",
            "someone@elsewhere.example",
            "黑山镇统计表",
            "heishan",
            AS_OF - dt.timedelta(days=1),
        )
    )
    district.failed.append(Failed(sha("f"), "x@elsewhere.example", "报表", AS_OF, "邮件读取三次均失败"))
    return district


@pytest.fixture
def long_names(campaign: Campaign) -> District:
    """Two units, one with a name of 20 characters."""
    units = (
        Unit(id="longest", name="某某某某某某经济技术开发区民政和社会事务办"),
        Unit(id="short", name="甲镇"),
    )
    return District(campaign, Register(district="演示区", units=units))
