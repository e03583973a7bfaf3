"""A unit hears of what the contact decides about its figures and its deadline."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.handling.decisions import confirm, extend, override, withdraw
from tests.outcome.bureau import Bureau, bureau, everything, sender_of, unmarked_sum

QINGNIAN = sender_of("qingnian")


def notice(office: Bureau) -> tuple[str, str, str]:
    """To whom, subject and text of the one letter that left since."""
    office.poll()
    [letter] = office.new_letters()
    assert (letter.kind, letter.headers["Auto-Submitted"]) == ("notice", "auto-generated")
    return letter.to, letter.subject, letter.text


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        (lambda office: override(office.work, "qingnian", "leaflets_distributed", "31", office.ruling("电话核实")), ("“发放宣传资料”已由 10 份 改定为 31 份", "31 份（联系人更正）")),
        (lambda office: withdraw(office.work, "qingnian", office.ruling("电话核实")), ("已撤回，不计入汇总，请重新报送全表",)),
        (lambda office: extend(office.work, "qingnian", "2024-03-08", office.ruling("电话核实")), ("由2024年3月5日改为2024年3月8日",)),
    ],
)  # fmt: skip
def test_the_unit_is_told_what_changed_by_whom_and_why(
    tmp_path: Path, decide: object, said: tuple[str, ...]
) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything())
        decide(office)  # type: ignore[operator]
        to, subject, text = notice(office)
        assert (to, "【变动】" in subject) == (QINGNIAN, True)
        for words in (*said, "联系人", "原因：电话核实"):
            assert words in text


def test_a_unit_whose_form_the_contact_confirmed_needn_t_answer_any_more(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, unmarked_sum())
        confirm(office.work, "qingnian", office.ruling())
        assert "已登记，不必再答复确认" in notice(office)[2]
