from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.mail.pace import MINUTE, Pace


def test_a_burst_up_to_the_limit_leaves_at_once_and_the_next_waits_for_the_first_minute_to_end() -> None:
    pace = Pace(3)
    assert [pace.wait(100.0), pace.wait(101.0), pace.wait(102.0)] == [0, 0, 0]
    assert pace.wait(103.0) == 57
    assert pace.wait(160.0) == 1


@given(st.integers(1, 20), st.lists(st.floats(0, 30), max_size=80))
def test_no_minute_ever_holds_more_than_the_limit(per_minute: int, pauses: list[float]) -> None:
    pace, now = Pace(per_minute), 0.0
    sent: list[float] = []
    for pause in pauses:
        now += pause
        now += pace.wait(now)
        sent.append(now)
    for first, beyond in zip(sent, sent[per_minute:], strict=False):
        assert beyond - first >= MINUTE - 1e-6


def test_a_clock_that_is_set_back_costs_no_more_than_a_minute() -> None:
    pace = Pace(1)
    pace.wait(1_000_000.0)
    assert pace.wait(0.0) == MINUTE
