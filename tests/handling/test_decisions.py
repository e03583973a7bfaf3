"""What the contact decides: checked, recorded, told, and traced in the report."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import agent.handling.decisions
import agent.judging.outcome
from agent.base import failpoints as faults
from agent.base import jsontext
from agent.base.errors import UsageError
from agent.demo.district import CONTACT_ADDRESS
from agent.handling import decisions
from agent.handling.decisions import (
    accept,
    assign,
    close,
    confirm,
    extend,
    override,
    reject,
    reopen,
    withdraw,
)
from agent.handling.handing_in import hand_in, hand_in_table
from agent.service.final_report import merge
from tests.outcome.bureau import (
    STRANGER,
    Bureau,
    bureau,
    campaign,
    everything,
    form,
    in_a_fork,
    kinds,
    narrative,
    photo,
    sender_of,
    unmarked_sum,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def report(office: Bureau, folder: Path) -> dict[str, Any]:
    """report.json of a district report made now."""
    merge(office.work, office.now, folder)
    made: dict[str, Any] = jsontext.loads((folder / "report.json").read_bytes())
    return made


def source(office: Bureau, folder: Path, unit: str, name: str = "leaflets_distributed") -> dict[str, Any]:
    units = report(office, folder)["units"]
    found: dict[str, Any] = next(one for one in units if one["id"] == unit)["sources"][name]
    return found


# --- held mails ------------------------------------------------------------------------------------------


def test_an_accepted_mail_is_answered_by_a_letter_of_its_own(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        [acknowledgement] = office.send(STRANGER, form(leaflets_distributed=31), number="x")
        accept(office.work, "H1", office.ruling("电话核实"))
        office.poll()
        [receipt] = office.new_letters()
        assert (acknowledgement.kind, receipt.kind) == ("acknowledgement", "receipt")
        assert acknowledgement.headers["In-Reply-To"] == receipt.headers["In-Reply-To"] == "<x@town.example>"
        assert source(office, tmp_path / "out", "qingnian")["decided_by"] == CONTACT_ADDRESS
        assert office.work.ledger.decisions()[-1].reason == "电话核实"


def test_a_mail_is_decided_once(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        accept(office.work, "h1", office.ruling())
        for decide in (accept, reject):
            with pytest.raises(UsageError, match="H1"):
                decide(office.work, "H1", office.ruling())


def test_of_two_who_decide_at_once_the_second_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked at the held mail before either has decided."""
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        other, sound = office.office.open(), decisions._blobs

        def meanwhile(*given: Any) -> Any:
            monkeypatch.setattr(agent.handling.decisions, "_blobs", sound)
            assign(other, "H1", "石林镇", office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.handling.decisions, "_blobs", meanwhile)
        with pytest.raises(UsageError, match="H1"):
            accept(office.work, "H1", office.ruling())
        assert not office.dossier("qingnian").has_sent
        assert office.dossier("shilin").has_sent
        other.ledger.close()


def test_a_rejected_mail_changes_nothing_and_is_kept(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        [held] = office.held
        reject(office.work, "H1", office.ruling("不是我区单位"))
        assert office.counts() == (0, 0, 1, 0)
        assert office.work.archive.has_raw(held["message"])
        assert not office.dossier("qingnian").has_sent


@pytest.mark.parametrize("held", ["H9", "", "H", "H²", "x", "H1.5"])
def test_a_number_that_no_held_mail_has_is_refused_with_those_that_wait(tmp_path: Path, held: str) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        with pytest.raises(UsageError, match="现有待核：H1"):
            accept(office.work, held, office.ruling())


@pytest.mark.parametrize("unit", ["青年", "石林", "", "qing"])
def test_a_unit_is_named_whole_or_by_its_id(tmp_path: Path, unit: str) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        with pytest.raises(UsageError, match="qingnian（青年镇）"):
            assign(office.work, "H1", unit, office.ruling())


# --- figures ---------------------------------------------------------------------------------------------


def test_an_overridden_figure_is_counted_and_traced_to_who_decided(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, form(people_persuaded="约20"))
        assert "错误" not in override(
            office.work, "青年镇", "people_persuaded", "20人", office.ruling("电话核实")
        )
        made = report(office, tmp_path / "out")
        assert made["totals"]["people_persuaded"] == 20
        traced = next(one for one in made["units"] if one["id"] == "qingnian")["sources"]
        assert traced["people_persuaded"]["decided_by"] == CONTACT_ADDRESS
        assert traced["patrols"]["decided_by"] is None
        assert traced["people_persuaded"]["cell"]


def test_a_figure_may_be_named_as_it_is_on_paper_but_not_by_half(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(patrols="约20"))
        with pytest.raises(UsageError, match="没有名为 总计 的项目"):
            override(office.work, "青年镇", "总计", "20", office.ruling())
        override(office.work, "青年镇", "巡查次数/总计", "20", office.ruling())
        assert office.unit("qingnian")["form"]["values"]["patrols"] == 20


def test_a_figure_that_contradicts_another_is_taken_and_pointed_out(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        assert "注意" not in override(office.work, "qingnian", "patrols", "10", office.ruling())
        told = override(office.work, "qingnian", "patrols", "9", office.ruling())
        assert "注意" in told
        assert "联合巡查" in told


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("people_persuaded", "约20"),
        ("people_persuaded", "2.5"),
        ("people_persuaded", "-1"),
        ("nothing", "1"),
        ("unit", "1"),
    ],
)
def test_a_figure_that_the_field_cannot_take_is_refused(tmp_path: Path, field: str, value: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        with pytest.raises(UsageError):
            override(office.work, "qingnian", field, value, office.ruling())


def test_remarks_may_be_overridden_with_any_words(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        override(office.work, "qingnian", "remarks", "12", office.ruling())
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.values["remarks"] == "12"


def test_a_confirmed_form_is_counted_and_traced_to_who_confirmed(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        [letter] = office.send(QINGNIAN, unmarked_sum())
        assert "请确认" in letter.text
        assert office.unit("qingnian")["form"]["status"] == "needs_confirmation"
        confirm(office.work, "qingnian", office.ruling(by="王主任"))
        assert source(office, tmp_path / "out", "qingnian")["decided_by"] == "王主任"
        with pytest.raises(UsageError, match="没有等待确认"):
            confirm(office.work, "qingnian", office.ruling())


def test_closing_settles_the_warnings_of_the_accepted_form_while_a_newer_one_waits(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(staff_deployed=1))
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(people_persuaded="约20"))
        close(office.work, "qingnian", office.ruling("联防队员巡查"))
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.open_warnings == ()
        with pytest.raises(UsageError, match="没有待核实"):
            close(office.work, "qingnian", office.ruling())


def test_a_withdrawn_form_is_owed_again_and_the_photos_stay(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything())
        withdraw(office.work, "qingnian", office.ruling())
        unit = office.unit("qingnian")
        assert (unit["form"]["status"], unit["photos"]["count"], unit["complete"]) == ("missing", 1, False)
        with pytest.raises(UsageError, match="还没有报送"):
            withdraw(office.work, "qingnian", office.ruling())
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(leaflets_distributed=31))
        assert office.unit("qingnian")["form"]["version"] == 2
        assert office.figure("qingnian") == 31


def test_an_extension_moves_one_unit_s_deadline(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        extend(office.work, "qingnian", "2024-03-08", office.ruling())
        office.now = office.now.replace(day=8)
        office.receive(office.mail(QINGNIAN, *everything()), office.mail(SHILIN, *everything("石林镇")))
        assert [office.unit(one)["late"] for one in ("qingnian", "shilin")] == [False, True]
        assert office.unit("qingnian")["deadline"] == "2024-03-08"
        with pytest.raises(UsageError, match="2024-03-08"):
            extend(office.work, "qingnian", "3月8日", office.ruling())


# --- the end ---------------------------------------------------------------------------------------------


def complete(office: Bureau) -> None:
    units = [one for one in office.work.listed.units if one.required]
    office.receive(
        *(
            office.mail(sender_of(unit.id), form(unit.name), narrative(), photo(seed), number=unit.id)
            for seed, unit in enumerate(units)
            if unit.id != "conglin"
        )
    )
    hand = office.office.folder / "丛林"
    hand.mkdir()
    for name, data in (form("丛林镇"), narrative(), photo(99)):
        (hand / name).write_bytes(data)
    hand_in(office.work, "conglin", sorted(hand.iterdir()), office.ruling("纸质材料"))


def test_after_the_final_report_a_change_is_held_until_it_is_accepted_or_reopened(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, form())
        assert merge(office.work, office.now, tmp_path / "out", office.ruling()).refused
        complete(office)
        office.pass_time(hours=1)
        made = merge(office.work, office.now, tmp_path / "out", office.ruling())
        assert not made.refused
        assert all("未完成" not in path.name for path in made.paths)
        office.new_letters()
        letters = office.receive(
            office.mail(QINGNIAN, form(leaflets_distributed=31), number="1"),
            office.mail(CONTACT_ADDRESS, form("石林镇", leaflets_distributed=32), number="2"),
            office.mail(STRANGER, form("黑山镇"), number="3"),
            office.mail(SHILIN, text="请问还要报吗？", number="4"),
        )
        assert [one["reason"] for one in office.held] == ["after_final", "after_final", "unknown_sender"]
        assert sorted(kinds(letters)) == ["acknowledgement"] * 3 + ["noted"]
        assert office.figure("qingnian") == 10
        reopen(office.work, office.ruling())
        with pytest.raises(UsageError, match="不用重新打开"):
            reopen(office.work, office.ruling())
        accept(office.work, "H1", office.ruling())
        assert office.figure("qingnian") == 31


def test_what_is_handed_in_after_the_final_report_asks_to_reopen_first(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        agent.handling.decisions.close_campaign(office.work, office.ruling())
        file = tmp_path / "表.xlsx"
        file.write_bytes(form()[1])
        with pytest.raises(UsageError, match="reopen"):
            hand_in(office.work, "qingnian", [file], office.ruling())


def test_a_report_is_not_final_where_something_came_while_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agent.service.final_report

    with bureau(tmp_path / "office") as office:
        complete(office)
        other, sound = office.office.open(), agent.service.final_report.compile_report

        def meanwhile(*given: Any) -> Any:
            override(other, "qingnian", "patrols", "9", office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.service.final_report, "compile_report", meanwhile)
        with pytest.raises(UsageError, match="再运行"):
            merge(office.work, office.now, tmp_path / "out", office.ruling())
        assert office.status["final"] is False
        other.ledger.close()


# --- what came another way -------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def put(folder: Path, *files: tuple[str, bytes]) -> list[Path]:
    for name, data in files:
        (folder / name).write_bytes(data)
    return [folder / name for name, _ in files]


@pytest.mark.parametrize("unit", ["石林镇", "森林镇", "青年镇、石林镇"])
def test_another_unit_s_form_is_handed_in_only_where_the_contact_insists(
    tmp_path: Path, files: Path, unit: str
) -> None:
    with bureau(tmp_path / "office") as office:
        paths = put(files, form(unit))
        with pytest.raises(UsageError, match="--anyway"):
            hand_in(office.work, "qingnian", paths, office.ruling())
        assert office.unit("qingnian")["form"]["status"] == "missing"
        hand_in(office.work, "qingnian", paths, office.ruling(), anyway=True)
        assert office.unit("qingnian")["form"]["status"] == "accepted"


def district_table(*rows: tuple[str, int | None]) -> tuple[str, bytes]:
    """A workbook with a row a unit: that figure in every column, or blanks; then the sums."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    names = [one.full_label for one in campaign().form.figures]
    sheet.append(["单位", *names, "备注"])
    for unit, value in rows:
        sheet.append([unit, *[value] * len(names), ""])
    sums = sum(value or 0 for _, value in rows)
    sheet.append(["合计", *[sums] * len(names), ""])
    made = io.BytesIO()
    book.save(made)
    return "全区.xlsx", made.getvalue()


def test_a_table_of_several_units_is_handed_in_for_each_by_its_own_row(tmp_path: Path, files: Path) -> None:
    with bureau(tmp_path / "office") as office:
        paths = put(files, district_table(("青年镇", 7), ("石林镇人民政府", 9), ("黑山镇", None)))
        told = hand_in_table(office.work, paths, office.ruling("电话汇总"))
        assert (office.figure("qingnian"), office.figure("shilin")) == (7, 9)
        assert office.unit("heishan")["form"]["status"] == "missing"
        assert "青年镇" in told
        assert "石林镇" in told
        traced = source(office, tmp_path / "out", "shilin")
        assert (traced["cell"], traced["decided_by"]) == ("Sheet!H3", office.ruling().by)


def test_of_a_table_of_several_units_one_takes_only_its_own_row(tmp_path: Path, files: Path) -> None:
    with bureau(tmp_path / "office") as office:
        paths = put(files, district_table(("青年镇", 7), ("石林镇", 9)))
        hand_in(office.work, "shilin", paths, office.ruling())
        assert office.figure("shilin") == 9
        assert office.unit("qingnian")["form"]["status"] == "missing"
        told = hand_in(office.work, "heishan", paths, office.ruling())  # no row is its own
        assert "不能确定是哪个单位的数" in told
        assert office.unit("heishan")["form"]["status"] == "needs_correction"


@pytest.mark.parametrize(
    "brought",
    [[narrative()], [photo()], [("空.xlsx", district_table()[1])]],
    ids=["account", "photo", "empty"],
)
def test_what_is_no_table_of_units_is_not_handed_in_for_all(
    tmp_path: Path, files: Path, brought: list[tuple[str, bytes]]
) -> None:
    with bureau(tmp_path / "office") as office:
        with pytest.raises(UsageError):
            hand_in_table(office.work, put(files, *brought), office.ruling())
        assert office.status["messages"]["received"] == 0


@pytest.mark.parametrize("unit", ["", "民政办", "青年镇人民政府"])
def test_what_is_handed_in_is_that_unit_s_whatever_the_form_says(
    tmp_path: Path, files: Path, unit: str
) -> None:
    with bureau(tmp_path / "office") as office:
        told = hand_in(
            office.work, "qingnian", put(files, form(unit), photo()), office.ruling("微信", "王主任")
        )
        assert "2 份" in told
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        assert source(office, tmp_path / "out", "qingnian")["decided_by"] == "王主任"
        assert office.poll().intake.new == 0
        assert office.new_letters() == []


def test_the_same_files_twice_are_refused_the_second_time(tmp_path: Path, files: Path) -> None:
    with bureau(tmp_path / "office") as office:
        paths = put(files, form())
        hand_in(office.work, "qingnian", paths, office.ruling())
        with pytest.raises(UsageError, match="登记过"):
            hand_in(office.work, "qingnian", paths, office.ruling())
        office.pass_time(hours=1)
        assert "第 1 版是同一个文件" in hand_in(office.work, "qingnian", paths, office.ruling())
        assert office.unit("qingnian")["form"]["version"] == 1


def test_a_form_with_errors_is_told_at_once(tmp_path: Path, files: Path) -> None:
    with bureau(tmp_path / "office") as office:
        told = hand_in(office.work, "qingnian", put(files, form(people_persuaded="约20")), office.ruling())
        assert "准确数字" in told
        assert office.unit("qingnian")["form"]["status"] == "needs_correction"
        told = hand_in(office.work, "shilin", put(files, ("坏.docx", b"PK\x03\x04 nothing")), office.ruling())
        assert "坏.docx" in told


def test_a_long_reason_is_recorded_and_is_no_narrative(tmp_path: Path, files: Path) -> None:
    reason = "我镇工作人员当面送来纸质材料，由联系人代为录入，" * 8
    with bureau(tmp_path / "office") as office:
        hand_in(office.work, "qingnian", put(files, form()), office.ruling(reason))
        assert office.unit("qingnian")["narrative"]["status"] == "missing"
        row = next(office.work.ledger.each_message())
        assert row.envelope["reason"] == reason


def test_odd_file_names_are_handed_in_like_any(tmp_path: Path, files: Path) -> None:
    with bureau(tmp_path / "office") as office:
        hand_in(
            office.work,
            "qingnian",
            put(files, ("a\nb.xlsx", form()[1]), photo(1, "图\r\n.jpg")),
            office.ruling(),
        )
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        with pytest.raises(UsageError, match="读不到"):
            hand_in(office.work, "qingnian", [files / "nothing.xlsx"], office.ruling())


@pytest.mark.parametrize("place", ["raw mail kept", "copy filed"])
def test_what_was_handed_in_when_the_process_died_is_still_that_unit_s(
    tmp_path: Path, files: Path, place: str
) -> None:
    with bureau(tmp_path / "office") as office:
        office.poll()
        paths = put(files, form("石林镇", leaflets_distributed=31))

        def handing_in(work: Any) -> None:
            faults.arm(place)
            hand_in(work, "qingnian", paths, office.ruling(by="王主任"), anyway=True)

        assert in_a_fork(office, lambda: None, handing_in) == 9
        office.poll()
        assert office.figure("qingnian") == 31
        assert not office.dossier("shilin").has_sent
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.submission.decided_by == "王主任"
        assert office.new_letters() == []


def test_a_large_hand_in_does_not_keep_others_from_writing(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading takes long (a scan); meanwhile an agent and other decisions go on, and nothing is overwritten."""
    with bureau(tmp_path / "office") as office:
        office.send(SHILIN, form("石林镇"))
        other, sound = office.office.open(), agent.judging.outcome.bring

        def meanwhile(*given: Any) -> Any:
            override(other, "shilin", "patrols", "9", office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.judging.outcome, "bring", meanwhile)
        hand_in(office.work, "qingnian", put(files, form()), office.ruling())
        monkeypatch.setattr(agent.judging.outcome, "bring", sound)
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        other.ledger.close()


@pytest.mark.parametrize("date", ["0001-01-01", "2023-01-01", "9999-12-31"])
def test_a_deadline_outside_of_reason_is_refused(tmp_path: Path, date: str) -> None:
    with bureau(tmp_path / "office") as office, pytest.raises(UsageError, match="年份"):
        extend(office.work, "qingnian", date, office.ruling())


def test_a_check_that_the_contact_s_figure_fails_stays_a_warning_to_the_contact(
    tmp_path: Path, files: Path
) -> None:
    with bureau(tmp_path / "office") as office:
        hand_in(office.work, "qingnian", put(files, form()), office.ruling())
        override(office.work, "qingnian", "joint_patrols", "500", office.ruling())
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        contradicted = [one for one in accepted.open_warnings if one.rule == "joint_within_patrols"]
        assert [one.contact_only for one in contradicted] == [True]
