"""Each mail counts once and gets one letter, at most."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from agent.handling.decisions import accept
from tests.outcome.bureau import STRANGER, bureau, everything, form, kinds, photo, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


# --- each mail once --------------------------------------------------------------------------------------


def test_the_same_bytes_under_two_names_are_one_mail(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form())
        assert kinds(office.receive(raw, raw)) == ["receipt"]
        assert office.receive(raw) == []
        assert office.counts() == (1, 0, 0, 0)
        assert office.unit("qingnian")["form"]["version"] == 1


def test_the_same_files_in_a_new_mail_make_no_new_version_and_the_receipt_says_so(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letters = office.receive(*(office.mail(QINGNIAN, form(), photo(), number=n) for n in ("1", "2")))
        assert sorted(kinds(letters)) == ["receipt", "receipt"]
        unit = office.unit("qingnian")
        assert (unit["form"]["version"], unit["photos"]["count"]) == (1, 1)
        assert ["是同一个文件" in letter.text for letter in letters].count(True) == 1


def test_a_mail_with_everything_gets_one_letter_and_completes_the_unit(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, *everything())) == ["receipt"]
        assert office.unit("qingnian")["complete"] is True
        assert office.poll().intake.new == 0
        assert office.new_letters() == []


def test_photos_that_two_units_sent_are_told_to_the_contact_only(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letters = office.receive(office.mail(QINGNIAN, photo()), office.mail(SHILIN, photo()))
        for unit in ("qingnian", "shilin"):
            assert [one["rule"] for one in office.unit(unit)["warnings"]] == ["shared_photo"]
        assert not any("都报送过" in letter.text for letter in letters)


def test_a_newer_form_s_receipt_tells_what_changed(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=10))
        office.pass_time(hours=1)
        [letter] = office.send(QINGNIAN, form(leaflets_distributed=31))
        assert "发放宣传资料：10 份 → 31 份" in letter.text
        assert office.figure("qingnian") == 31


def test_a_newer_form_with_errors_leaves_the_accepted_one_until_it_is_mended(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=10))
        office.pass_time(hours=1)
        [letter] = office.send(QINGNIAN, form(leaflets_distributed=31, people_persuaded="约20"))
        assert letter.kind == "correction"
        shown = office.unit("qingnian")["form"]
        assert (shown["status"], shown["version"]) == ("accepted", 1)
        assert (shown["pending"]["version"], shown["pending"]["status"]) == (2, "needs_correction")
        office.pass_time(hours=1)
        assert kinds(office.send(QINGNIAN, form(leaflets_distributed=32))) == ["receipt"]
        assert office.figure("qingnian") == 32
        assert "pending" not in office.unit("qingnian")["form"]


def test_an_older_held_mail_does_not_replace_newer_figures(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form(leaflets_distributed=5))
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(leaflets_distributed=31))
        accept(office.work, "H1", office.ruling())
        assert office.figure("qingnian") == 31
        office.poll()
        [letter] = office.new_letters()
        assert "31" not in letter.text or "第 1 版" in letter.text


# --- when to answer --------------------------------------------------------------------------------------


def test_mail_from_before_answer_from_is_filed_and_not_answered(tmp_path: Path) -> None:
    with bureau(tmp_path, inbox={"answer_from": "2024-03-01T11:00:00"}) as office:
        early = office.now - dt.timedelta(hours=2)
        letters = office.receive(
            office.mail(QINGNIAN, form(), at=early),
            office.mail(STRANGER, form("石林镇"), at=early),
            office.mail(SHILIN, photo()),
        )
        assert [one.to for one in letters] == [SHILIN]
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        accept(office.work, "H1", office.ruling())
        office.poll()
        assert office.new_letters() == []


def test_mail_from_before_the_campaign_s_start_is_not_fetched(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(), at=dt.datetime(2023, 11, 8, 23, tzinfo=office.now.tzinfo))
        assert office.counts() == (0, 0, 0, 0)
        office.send(QINGNIAN, form(), at=dt.datetime(2023, 11, 9, 0, tzinfo=office.now.tzinfo))
        assert office.counts() == (1, 0, 0, 0)


def test_an_unknown_sender_is_acknowledged_once_a_day(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(STRANGER, photo(1))) == ["acknowledgement"]
        office.pass_time(hours=23)
        assert office.send(STRANGER, photo(2)) == []
        assert kinds(office.send("other@personal.example", photo(2))) == ["acknowledgement"]
        office.pass_time(hours=2)
        assert kinds(office.send(STRANGER, photo(3))) == ["acknowledgement"]
        assert len(office.held) == 4


def test_all_acknowledgements_of_a_day_have_one_limit_and_receipts_have_none(tmp_path: Path) -> None:
    with bureau(tmp_path, outbox={"acknowledgements_per_day": 2}) as office:
        strangers = [f"stranger{number}@personal.example" for number in range(4)]
        letters = office.receive(*(office.mail(one, photo(at)) for at, one in enumerate(strangers)))
        assert kinds(letters) == ["acknowledgement"] * 2
        assert office.send(QINGNIAN, form("石林镇")) == [], "held as well, and in the digest as well"
        assert kinds(office.send(QINGNIAN, form())) == ["receipt"]
        assert len(office.held) == 5
        office.pass_time(hours=25)
        assert kinds(office.send("another@personal.example", photo(9))) == ["acknowledgement"]


def test_the_figures_of_a_form_that_a_later_one_had_replaced_are_not_called_registered(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=11))
        late = office.mail(QINGNIAN, form(leaflets_distributed=12), at=office.now - dt.timedelta(hours=2))
        [letter] = office.receive(late)
        assert office.figure("qingnian") == 11
        assert "此版的数，不计入汇总" in letter.text
        assert "登记的数" not in letter.text
