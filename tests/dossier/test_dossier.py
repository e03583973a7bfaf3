"""A unit's dossier, from what it has sent and what was decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base.findings import Finding
from agent.base.jsontext import dumps, loads
from agent.campaign.rules import Campaign
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier, assemble, joined
from agent.dossier.submission import Decision, Submission
from tests.sent import decision, form, piece, submission


@pytest.fixture
def unit(register: Register) -> Unit:
    return register.by_id["qingnian"]


BLANK = Finding("error", "blank", "“劝导人数”未填写，如无请填 0。", field="people_persuaded")


def test_nothing_sent_owes_everything(unit: Unit, campaign: Campaign) -> None:
    dossier = assemble(unit, [], [], campaign)
    assert dossier.owes == ("form", "narrative", "photos")
    assert dossier.form_status == "missing"
    assert not dossier.has_sent


def test_form_narrative_and_photos_may_come_in_any_order_over_any_number_of_mails(
    unit: Unit, campaign: Campaign
) -> None:
    brought = [
        {"of": form(campaign)},
        {"pieces": piece("narrative", "情况.docx")},
        {"pieces": piece("photo", "1.jpg")},
    ]
    for order in permutations(brought):
        sent = [
            submission(seq, *([one["pieces"]] if "pieces" in one else []), of=one.get("of"))
            for seq, one in enumerate(order, start=1)
        ]
        assert assemble(unit, sent, [], campaign).complete


def test_a_newer_form_replaces_the_older_one(unit: Unit, campaign: Campaign) -> None:
    dossier = assemble(
        unit,
        [submission(1, of=form(campaign)), submission(2, of=form(campaign, patrols=12, staff_deployed=12))],
        [],
        campaign,
    )
    assert dossier.accepted is not None
    assert (dossier.accepted.number, dossier.accepted.values["patrols"]) == (2, 12)


def test_newer_is_what_was_received_later_not_what_joined_later(unit: Unit, campaign: Campaign) -> None:
    held = submission(
        5, of=form(campaign, leaflets_distributed=99), day=0, decided_by="contact@civil.example"
    )
    dossier = assemble(unit, [submission(1, of=form(campaign)), held], [], campaign)
    assert dossier.accepted is not None
    assert dossier.accepted.values["leaflets_distributed"] == 10


def test_a_newer_form_with_errors_leaves_the_accepted_one_standing(unit: Unit, campaign: Campaign) -> None:
    wrong = submission(2, of=form(campaign, people_persuaded=None), findings=(BLANK,))
    dossier = assemble(unit, [submission(1, of=form(campaign)), wrong], [], campaign)
    assert dossier.form_status == "accepted"
    assert dossier.accepted is not None
    assert dossier.accepted.number == 1
    assert dossier.pending is not None
    assert (dossier.pending.number, dossier.pending.standing) == (2, "needs_correction")


def test_a_mended_form_leaves_nothing_pending(unit: Unit, campaign: Campaign) -> None:
    wrong = submission(1, of=form(campaign, people_persuaded=None), findings=(BLANK,))
    dossier = assemble(unit, [wrong, submission(2, of=form(campaign))], [], campaign)
    assert (dossier.form_status, dossier.pending) == ("accepted", None)


def test_a_failed_check_keeps_the_form_out(unit: Unit, campaign: Campaign) -> None:
    dossier = assemble(unit, [submission(1, of=form(campaign, joint_patrols=11))], [], campaign)
    assert dossier.accepted is None
    assert [finding.rule for finding in dossier.versions[0].findings] == [
        "joint_within_patrols",
        "stories_without_narrative",
    ]


def test_a_warning_keeps_nothing_out(unit: Unit, campaign: Campaign) -> None:
    dossier = assemble(unit, [submission(1, of=form(campaign, staff_deployed=1))], [], campaign)
    assert dossier.accepted is not None
    assert dossier.accepted.open_warnings


def test_a_warning_about_what_comes_later_goes_when_it_comes(unit: Unit, campaign: Campaign) -> None:
    first = submission(1, of=form(campaign))
    rules = [one.rule for one in assemble(unit, [first], [], campaign).versions[0].findings]
    assert rules == ["stories_without_narrative"]
    later = assemble(unit, [first, submission(2, piece("narrative", "情况.docx"))], [], campaign)
    assert later.versions[0].findings == ()


def test_the_contact_s_figure_settles_what_is_wrong_about_it(unit: Unit, campaign: Campaign) -> None:
    wrong = submission(1, of=form(campaign, people_persuaded=None), findings=(BLANK,))
    override = decision(2, "override", about=wrong, field="people_persuaded", value=Decimal(12))
    dossier = assemble(unit, [wrong], [override], campaign)
    assert dossier.accepted is not None
    assert dossier.accepted.values["people_persuaded"] == 12
    assert dossier.accepted.overrides["people_persuaded"].by == "contact@civil.example"


def test_the_contact_s_figure_is_about_one_form_and_not_the_next(unit: Unit, campaign: Campaign) -> None:
    first, second = (
        submission(1, of=form(campaign)),
        submission(3, of=form(campaign, leaflets_distributed=30)),
    )
    override = decision(2, "override", about=first, field="leaflets_distributed", value=Decimal(20))
    dossier = assemble(unit, [first, second], [override], campaign)
    assert dossier.accepted is not None
    assert dossier.accepted.values["leaflets_distributed"] == 30


def test_a_form_that_needs_confirmation_waits_for_a_person(unit: Unit, campaign: Campaign) -> None:
    pictured = submission(1, of=form(campaign, needs_confirmation=True))
    assert assemble(unit, [pictured], [], campaign).form_status == "needs_confirmation"
    by_contact = assemble(unit, [pictured], [decision(2, "confirm", about=pictured)], campaign)
    assert by_contact.accepted is not None
    assert by_contact.accepted.confirmed_by == "contact@civil.example"
    by_unit = assemble(unit, [pictured, submission(2, confirms=True)], [], campaign)
    assert by_unit.accepted is not None
    assert by_unit.accepted.confirmed_by == "qingnian@town.example"


def test_a_confirmation_does_not_reach_the_next_form(unit: Unit, campaign: Campaign) -> None:
    first, second = (submission(seq, of=form(campaign, needs_confirmation=True)) for seq in (1, 3))
    dossier = assemble(unit, [first, submission(2, confirms=True), second], [], campaign)
    assert dossier.pending is not None
    assert dossier.pending.number == 2


def test_an_explanation_settles_warnings_and_so_does_the_contact(unit: Unit, campaign: Campaign) -> None:
    odd = submission(1, of=form(campaign, staff_deployed=1))
    explained = assemble(unit, [odd, submission(2, explanation="由联防队员开展巡查")], [], campaign)
    assert explained.versions[0].open_warnings == ()
    closed = assemble(unit, [odd], [decision(2, "close", about=odd)], campaign)
    assert closed.versions[0].open_warnings == ()


def test_withdrawing_takes_every_form_so_far_and_nothing_else(unit: Unit, campaign: Campaign) -> None:
    first = submission(1, piece("photo", "1.jpg"), of=form(campaign))
    dossier = assemble(unit, [first], [decision(2, "withdraw")], campaign)
    assert (dossier.form_status, len(dossier.photos)) == ("missing", 1)
    again = assemble(unit, [first, submission(3, of=form(campaign))], [decision(2, "withdraw")], campaign)
    assert again.accepted is not None
    assert again.accepted.number == 2


def test_the_same_form_sent_again_keeps_what_the_contact_decided_about_it(
    unit: Unit, campaign: Campaign
) -> None:
    first = submission(1, of=form(campaign))
    again = submission(3, of=form(campaign))
    again = Submission(
        **{**{name: getattr(again, name) for name in Submission.__slots__}, "form_file": first.form_file}
    )
    override = decision(2, "override", about=first, field="leaflets_distributed", value=Decimal(20))
    dossier = assemble(unit, [first, again], [override], campaign)
    assert dossier.accepted is not None
    assert (dossier.accepted.number, dossier.accepted.values["leaflets_distributed"]) == (1, 20)
    about_the_second = decision(4, "override", about=again, field="leaflets_distributed", value=Decimal(30))
    later = assemble(unit, [first, again], [override, about_the_second], campaign)
    assert later.accepted is not None
    assert later.accepted.values["leaflets_distributed"] == 30


DOUBT = Finding("warning", "words_besides", "来信正文提到“35”，请核对。", field="people_persuaded")


@pytest.mark.parametrize(
    ("change", "versions"),
    [
        ({}, 1),
        ({"form_findings": (Finding("note", "normalised", "按 12 登记"),)}, 1),
        ({"subject": "再报一次", "explanation": "没有变化"}, 1),
        ({"form_findings": (DOUBT,)}, 2),  # the same file beside words that speak against it
        ({"form_findings": (BLANK,)}, 2),
        ({"elsewhere": {"patrols": "0" * 64}}, 2),
        ({"form_file": piece("form", "另一份.xlsx")}, 2),
    ],
)
def test_the_same_file_once_more_makes_no_version_unless_the_mail_casts_a_doubt_on_it(
    unit: Unit, campaign: Campaign, change: dict[str, Any], versions: int
) -> None:
    first = submission(1, of=form(campaign))
    again = replace(submission(2, of=form(campaign)), **{"form_file": first.form_file, **change})
    dossier = assemble(unit, [first, again], [], campaign)
    assert len(dossier.versions) == versions
    assert joined(assemble(unit, [first], [], campaign), again) == dossier
    version = dossier.version_of(again.message)
    assert version is not None
    assert version.number == versions


def test_a_withdrawn_form_may_be_sent_again_and_an_older_one_is_no_repetition(
    unit: Unit, campaign: Campaign
) -> None:
    first = submission(1, of=form(campaign))
    other = submission(3, of=form(campaign, leaflets_distributed=11))
    again = replace(submission(5, of=form(campaign)), form_file=first.form_file)
    anew = assemble(unit, [first, again], [decision(2, "withdraw")], campaign)
    assert anew.accepted is not None
    assert anew.accepted.number == 2
    assert len(assemble(unit, [first, other, again], [], campaign).versions) == 3


def test_the_same_photo_twice_counts_once(unit: Unit, campaign: Campaign) -> None:
    photo = piece("photo", "1.jpg")
    dossier = assemble(
        unit, [submission(1, photo), submission(2, photo, piece("photo", "2.jpg"))], [], campaign
    )
    assert [filed.path for filed in dossier.photos] == [
        "青年镇/青年镇_照片_01.jpg",
        "青年镇/青年镇_照片_02.jpg",
    ]


def test_names_never_come_from_what_a_sender_wrote(unit: Unit, campaign: Campaign) -> None:
    names = [
        "../../x.jpg",
        "a\\..\\b.PNG",
        "CON",
        "很长" * 200 + ".docx",
        "x.jpg:evil",
        "a.b/c",
        "\u202egpj.exe",
    ]
    pieces = [piece("other", name) for name in names]
    for filed in assemble(unit, [submission(1, *pieces)], [], campaign).filed:
        assert filed.path.startswith("青年镇/青年镇_其他材料_0")
        assert filed.path.count("/") == 1
        assert filed.path.rpartition(".")[2].isalnum()


def test_a_deadline_may_be_extended_for_one_unit(unit: Unit, campaign: Campaign) -> None:
    late = assemble(unit, [submission(1, of=form(campaign), day=5)], [], campaign)
    assert late.late(dt.date(2024, 3, 6))
    extended = [decision(2, "extend", date=dt.date(2024, 3, 8))]
    assert not assemble(unit, [submission(1, of=form(campaign), day=5)], extended, campaign).late(
        dt.date(2024, 3, 7)
    )


def test_the_deadline_s_own_day_is_on_time(unit: Unit, campaign: Campaign) -> None:
    on_time = submission(1, piece("narrative", "a"), piece("photo", "b"), of=form(campaign), day=4)
    assert on_time.received.date() == campaign.deadline
    assert not assemble(unit, [on_time], [], campaign).late(dt.date(2024, 3, 30))


def test_what_is_owed_makes_late_only_after_the_deadline(unit: Unit, campaign: Campaign) -> None:
    nothing = assemble(unit, [], [], campaign)
    assert (nothing.late(campaign.deadline), nothing.late(campaign.deadline + dt.timedelta(days=1))) == (
        False,
        True,
    )


def test_a_unit_that_may_report_is_never_late_for_owing(register: Register, campaign: Campaign) -> None:
    assert not assemble(register.by_id["station"], [], [], campaign).late(dt.date(2025, 1, 1))


def test_what_is_recorded_goes_through_json_unchanged(campaign: Campaign) -> None:
    sent = submission(
        1, piece("photo", "1.jpg"), of=form(campaign, supplies_prepared="1.25"), findings=(BLANK,)
    )
    assert Submission.from_json(loads(dumps(sent.as_json()))) == sent
    for value in (Decimal("0.1"), Decimal(12), None):
        decided = decision(2, "override", about=sent, field="patrols", value=value, date=dt.date(2024, 3, 8))
        assert Decision.from_json(loads(dumps(decided.as_json()))) == decided


def test_the_order_in_which_it_is_given_does_not_matter(unit: Unit, campaign: Campaign) -> None:
    sent = [
        submission(seq, piece("photo", f"{seq}.jpg"), of=form(campaign, leaflets_distributed=seq))
        for seq in (1, 2, 3)
    ]
    orders: list[Dossier] = [assemble(unit, order, [], campaign) for order in permutations(sent)]
    assert all(one == orders[0] for one in orders)


KINDS = ("corrects", "form", "wrong", "again", "narrative", "photo", "says", "confirms", "decided")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 7)), max_size=9))
def test_joining_one_by_one_comes_to_the_same_as_putting_all_together(
    campaign: Campaign, register: Register, steps: list[tuple[str, int]]
) -> None:
    """Mails of every kind that bears on others, with decisions about any of them."""
    unit, sent, decided = register.by_id["qingnian"], list[Submission](), list[Decision]()
    for seq, (kind, number) in enumerate(steps, start=1):
        earlier = sent[number % len(sent)] if sent else None
        if kind == "decided":
            decided.append(_decided(seq, number, earlier))
        else:
            sent.append(_sent(seq, kind, number, earlier, campaign))
    dossier = assemble(unit, [], decided, campaign)
    for count, one in enumerate(sent, start=1):
        dossier = joined(dossier, one)
        assert dossier == assemble(unit, sent[:count], decided, campaign)


def _decided(seq: int, number: int, about: Submission | None) -> Decision:
    if number < 2 or about is None:
        return decision(seq, "withdraw")
    if number < 4:
        return decision(seq, "override", about=about, field="patrols", value=Decimal(number))
    return decision(seq, ("confirm", "close")[number % 2], about=about)  # type: ignore[arg-type]


def _sent(seq: int, kind: str, number: int, earlier: Submission | None, campaign: Campaign) -> Submission:
    if kind == "narrative":
        return submission(seq, piece("narrative", f"材料{number % 2}.docx"))
    if kind == "photo":
        return submission(seq, piece("photo", f"{number % 2}.jpg"), piece("photo", f"{seq}.jpg"))
    if kind == "says":
        return submission(seq, explanation="已核实")
    if kind == "corrects":
        about = earlier.message if earlier and number % 3 else ""
        put_right = {"staff_deployed": Decimal(number)}
        return submission(seq, confirms=number % 2 == 0, answers=about, corrections=put_right)
    if kind == "confirms":
        return submission(seq, confirms=True, answers=earlier.message if earlier else "")
    filled = form(
        campaign, needs_confirmation=number % 3 == 0, staff_deployed=number, moving_stories=number % 2
    )
    sent = submission(seq, of=filled, findings=(BLANK,) if kind == "wrong" else (), day=9 - number)
    if kind == "again" and earlier is not None and earlier.form_file is not None:
        return replace(sent, pieces=(earlier.form_file,), form_file=earlier.form_file)
    return sent
