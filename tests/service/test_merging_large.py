"""No figure stops a merge, and whatever stops it, the list of what is missing is made."""

from __future__ import annotations

from pathlib import Path

import pytest

import agent.service.final_report
from agent.base.errors import AgentError
from agent.service.final_report import merge
from tests.outcome.bureau import bureau, everything, sender_of

QINGNIAN = sender_of("qingnian")


@pytest.mark.parametrize(
    ("figure", "total"), [(999999999999999, "1999999999999998"), (555555555555555, "1111111111111110")]
)
def test_a_sum_that_a_workbook_cannot_hold_never_stops_the_merge(
    tmp_path: Path, figure: int, total: str
) -> None:
    with bureau(tmp_path / "office") as office:
        for unit, name in (("qingnian", "青年镇"), ("shilin", "石林镇")):
            office.send(sender_of(unit), *everything(name, leaflets_distributed=figure))
        merged = merge(office.work, office.now, tmp_path / "out")
        names = [path.name for path in merged.paths]
        assert any("缺报清单" in one for one in names)
        assert any("汇总表" in one for one in names)
        assert total in (tmp_path / "out" / "report.json").read_text("utf-8")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_list_of_what_is_missing_is_made_though_the_report_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    def fails(*_: object) -> None:
        raise AgentError("合计三次算得不一致")

    monkeypatch.setattr(agent.service.final_report, "compile_report", fails)
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, *everything())
        out = tmp_path / "out" if elsewhere else None
        with pytest.raises(AgentError, match="不一致"):
            merge(office.work, office.now, out)
        (path,) = (out or office.work.archive.final).glob("*.xlsx")
        assert "缺报清单" in path.name
