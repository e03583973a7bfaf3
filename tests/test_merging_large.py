"""No figure stops a merge, and whatever stops it, the list of what is missing is made."""

from __future__ import annotations

from pathlib import Path

import pytest

import agent.merging
from agent.deciding.decisions import override
from agent.errors import AgentError
from agent.merging import merge
from tests.outcome.bureau import bureau, everything, sender_of

QINGNIAN = sender_of("qingnian")


@pytest.mark.parametrize("figure", ["12345678901234567", "99999999999999999999"])
def test_a_figure_that_the_contact_has_set_never_stops_the_merge(tmp_path: Path, figure: str) -> None:
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, *everything())
        override(office.work, "qingnian", "leaflets_distributed", figure, office.ruling("核实"))
        merged = merge(office.work, office.now, tmp_path / "out")
        names = [path.name for path in merged.paths]
        assert len(names) == 5
        assert any("缺报清单" in name for name in names)
        assert figure in (tmp_path / "out" / "report.json").read_text("utf-8")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_list_of_what_is_missing_is_made_though_the_report_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    def fails(*_: object) -> None:
        raise AgentError("合计三次算得不一致")

    monkeypatch.setattr(agent.merging, "compile_report", fails)
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, *everything())
        out = tmp_path / "out" if elsewhere else None
        with pytest.raises(AgentError, match="不一致"):
            merge(office.work, office.now, out)
        (path,) = (out or office.work.archive.final).glob("*.xlsx")
        assert "缺报清单" in path.name
