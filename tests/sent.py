"""Submissions and decisions as they are recorded, for tests of what is put together from them."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.dossier.submission import Decision, DecisionKind, Piece, PieceKind, Submission
from agent.reading.reading import Form

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = dt.datetime(2024, 3, 1, 9, tzinfo=ZONE)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def form(campaign: Campaign, *, needs_confirmation: bool = False, **values: Any) -> Form:
    """A form with 10 in every figure but those given; None leaves a figure without a reading."""
    figures: dict[str, Any] = {field.id: Decimal(10) for field in campaign.form.figures}
    figures |= {name: value if value is None else Decimal(str(value)) for name, value in values.items()}
    texts = {field.id: "" for field in campaign.form.fields if not field.is_figure}
    sources = {name: f"Sheet1!A{row}" for row, name in enumerate(figures, start=1)}
    return Form(
        "青年镇", dt.date(2024, 3, 1), "张演示", "00000000", figures | texts, sources, needs_confirmation
    )


def piece(kind: PieceKind, name: str) -> Piece:
    return Piece(
        name,
        digest(name),
        kind,
        is_narrative=kind == "narrative",
        pixels=digest(name) if kind == "photo" else None,
    )


def submission(
    seq: int,
    *pieces: Piece,
    of: Form | None = None,
    day: int | None = None,
    findings: tuple[Finding, ...] = (),
    **more: Any,
) -> Submission:
    """What the seq-th mail brought, received ``day`` days (else ``seq`` days) after the first day."""
    file = piece("form", f"统计表{seq}.docx") if of is not None else None
    return Submission(
        seq=seq,
        message=digest(f"mail {seq}"),
        received=FIRST_DAY + dt.timedelta(days=seq if day is None else day),
        sender="qingnian@town.example",
        subject="报送",
        pieces=(*((file,) if file else ()), *pieces),
        form=of,
        form_file=file,
        form_findings=findings,
        **more,
    )


def decision(
    seq: int, kind: DecisionKind, unit: str = "qingnian", about: Submission | None = None, **more: Any
) -> Decision:
    at = FIRST_DAY + dt.timedelta(days=seq)
    return Decision(
        seq, kind, at, "contact@civil.example", unit=unit, message=about.message if about else None, **more
    )
