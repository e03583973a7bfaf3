"""After the final report nothing that changes it is decided; and no merge writes over it, nor over what somebody edited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.base.errors import UsageError
from agent.handling.decisions import (
    accept,
    assign,
    close,
    confirm,
    extend,
    override,
    reject,
    reopen,
    settle,
    withdraw,
)
from agent.handling.handing_in import hand_in
from agent.keeping.archive import Archive
from agent.keeping.manifest import Manifest
from agent.service.final_report import merge
from agent.service.mailings import digest_letter, send_digest
from tests.outcome.bureau import (
    CONTACT_ADDRESS,
    STRANGER,
    Bureau,
    bureau,
    form,
    kinds,
    narrative,
    photo,
    read_letter,
    sender_of,
)

QINGNIAN = sender_of("qingnian")
PROVEN = {"Authentication-Results": "mx.civil.example; dmarc=pass header.from=civil.example"}


def whole_district(office: Bureau) -> None:
    units = [one for one in office.work.listed.units if one.required]
    office.receive(
        *(
            office.mail(sender_of(unit.id), form(unit.name), narrative(), photo(seed), number=unit.id)
            for seed, unit in enumerate(units)
        )
    )
    office.pass_time(hours=1)


def finish(office: Bureau) -> None:
    assert not merge(office.work, office.now, None, office.ruling()).refused
    office.pass_time(hours=1)


def files(office: Bureau) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in office.work.archive.final.iterdir() if one.name[0] != "."}


# --- decisions -------------------------------------------------------------------------------------------

CHANGING: dict[str, Callable[[Bureau, Path], object]] = {
    "override": lambda one, _: override(one.work, "qingnian", "patrols", "99", one.ruling()),
    "withdraw": lambda one, _: withdraw(one.work, "qingnian", one.ruling()),
    "assign": lambda one, _: assign(one.work, "H1", "qingnian", one.ruling()),
    "accept": lambda one, _: accept(one.work, "H1", one.ruling()),
    "hand-in": lambda one, file: hand_in(one.work, "qingnian", [file], one.ruling()),
}


@pytest.mark.parametrize("act", CHANGING.values(), ids=CHANGING)
def test_what_changes_a_final_report_is_refused_until_it_is_opened_again(
    tmp_path: Path, act: Callable[[Bureau, Path], object]
) -> None:
    file = tmp_path / "表.xlsx"
    file.write_bytes(form(patrols=98)[1])
    with bureau(tmp_path / "office") as office:
        whole_district(office)
        finish(office)
        office.send(STRANGER, form(patrols=97))
        was = office.status["units"]
        with pytest.raises(UsageError, match="review reopen"):
            act(office, file)
        assert office.status["units"] == was
        reopen(office.work, office.ruling("更正"))
        act(office, file)
        assert office.status["units"] != was


def test_a_confirmation_is_refused_as_well(tmp_path: Path) -> None:
    from tests.outcome.bureau import unmarked_sum

    with bureau(tmp_path) as office:
        office.send(QINGNIAN, unmarked_sum())
        import agent.handling.decisions as decisions

        decisions.close_campaign(office.work, office.ruling())
        with pytest.raises(UsageError, match="review reopen"):
            confirm(office.work, "qingnian", office.ruling())


def test_what_changes_no_figure_is_decided_all_the_same(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form("青年镇", staff_deployed=9))
        whole_district(office)
        close(office.work, "qingnian", office.ruling()) if office.dossier(
            "qingnian"
        ).accepted.open_warnings else None  # type: ignore[union-attr]
        finish(office)
        office.send(QINGNIAN, text="请问还要报吗？")
        office.send(STRANGER, form("石林镇"))
        [item] = office.status["open"]
        settle(office.work, item["id"], office.ruling("不用了"))
        reject(office.work, "H1", office.ruling())
        extend(office.work, "qingnian", "2024-03-09", office.ruling())
        assert office.status["final"] is True


def test_by_mail_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        finish(office)
        office.send(STRANGER, form(patrols=97))
        office.new_letters()
        send_digest(office.work, office.now)
        office.poll()
        [digest] = [one for one in office.new_letters() if one.kind == "digest"]
        [token] = re.findall(r"H1 接受 ([0-9A-Z-]{23})", digest.text)
        office.pass_time(minutes=5)
        letters = office.send(CONTACT_ADDRESS, subject=f"待核 H1 接受 {token}", text="原因：", headers=PROVEN)
        assert kinds(letters) == ["decision"]
        assert "review reopen" in letters[0].text
        assert office.figure("qingnian", "patrols") == 10
        assert [one["id"] for one in office.held] == ["H1"]


def test_a_figure_disputed_after_the_final_report_is_listed_and_stops_the_next_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        finish(office)
        office.send(QINGNIAN, text="我镇的表填错了，联合巡查应为8次。")
        assert [one["kind"] for one in office.status["open"]] == ["correction"]
        assert merge(office.work, office.now, None, office.ruling()).refused


# --- a report that is out of date ------------------------------------------------------------------------


def test_a_report_that_is_out_of_date_says_so_and_the_next_says_what_it_replaces(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        assert "report" not in office.status
        finish(office)
        assert (office.status["report"]["final"], office.status["report"]["outdated"]) == (True, False)
        reopen(office.work, office.ruling())
        assert office.status["report"]["outdated"] is False
        override(office.work, "qingnian", "patrols", "42", office.ruling("电话更正"))
        assert office.status["report"]["outdated"] is True
        assert "报告过时" in read_letter(digest_letter(office.work, office.now).raw).text
        made = merge(office.work, office.now, None, office.ruling())
        assert office.status["report"]["outdated"] is False
        [report] = [path for path in made.paths if path.name.endswith("报告（2）.docx")]
        import docx

        assert "定稿的报告以后有改动，已不作准" in "\n".join(
            one.text for one in docx.Document(str(report)).paragraphs
        )


# --- what stays ------------------------------------------------------------------------------------------


def test_a_final_report_is_never_written_over(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        finish(office)
        final = files(office)
        reopen(office.work, office.ruling())
        override(office.work, "qingnian", "patrols", "42", office.ruling())
        made = merge(office.work, office.now)
        now = files(office)
        assert {name: now[name] for name in final} == final
        assert {one.name for one in made.paths} - set(final) >= {"report（2）.json"}
        assert any("定稿的文件不覆盖：report.json；这次的写在：report（2）.json" in one for one in made.told)
        assert json.loads(now["report（2）.json"])["totals"]["patrols"] == 132
        # What isn't final is made anew where it was.
        override(office.work, "qingnian", "patrols", "43", office.ruling())
        assert [one.name for one in merge(office.work, office.now).paths] == [one.name for one in made.paths]
        # And the second final one stays as well.
        finish(office)
        reopen(office.work, office.ruling())
        override(office.work, "qingnian", "patrols", "44", office.ruling())
        made = merge(office.work, office.now)
        assert "report（3）.json" in {one.name for one in made.paths}
        assert json.loads(files(office)["report（2）.json"])["totals"]["patrols"] == 133


def test_the_same_final_report_once_more_is_the_same_files(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        whole_district(office)
        made = merge(office.work, office.now, None, office.ruling())
        again = merge(office.work, office.now, None, office.ruling())
        assert (again.paths, again.told) == (made.paths, ())


@pytest.mark.parametrize("out", [False, True])
def test_a_file_that_somebody_has_edited_stays_and_the_new_one_stands_beside(
    tmp_path: Path, out: bool
) -> None:
    with bureau(tmp_path / "office") as office:
        whole_district(office)
        place = tmp_path / "out" if out else None
        made = merge(office.work, office.now, place)
        [report] = [path for path in made.paths if path.name.endswith("报告.docx")]
        report.write_bytes(b"edited by hand")
        override(office.work, "qingnian", "patrols", "42", office.ruling())
        made = merge(office.work, office.now, place)
        assert report.read_bytes() == b"edited by hand"
        names = [path.name for path in made.paths]
        assert report.with_stem(f"{report.stem}（2）").name in names and "report.json" in names
        assert [one for one in made.told if "有人改过的文件不覆盖" in one and report.name in one]
        assert len(made.told) == 1


def test_an_edited_file_of_an_unfinished_report_is_not_taken_away(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "c")
    archive.put_report({"表（未完成）.xlsx": b"1", "报告（未完成）.docx": b"2"})
    (archive.final / "报告（未完成）.docx").write_bytes(b"edited")
    put = archive.put_report({"表.xlsx": b"3", "报告.docx": b"4"})
    assert {one.name for one in archive.final.iterdir() if one.name[0] != "."} == {
        "表.xlsx",
        "报告.docx",
        "报告（未完成）.docx",
    }
    assert ["报告（未完成）.docx" in one for one in put.told] == [True]


def test_what_an_older_program_noted_by_name_alone_is_left_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "c")
    archive.write(archive.final / "表.xlsx", b"1")
    archive.write(archive.final / "report.json", b"{}")
    archive.write(archive.final / ".made.json", b'["report.json", "\\u8868.xlsx"]')
    archive.put_report({"表.xlsx": b"2", "report.json": b"{}"})
    assert (archive.final / "表.xlsx").read_bytes() == b"1"
    assert (archive.final / "表（2）.xlsx").read_bytes() == b"2"
    assert not (archive.final / "report（2）.json").exists()


def test_the_manifest_comes_back_as_it_was() -> None:
    stored = Manifest.from_bytes(b'["a"]').with_folder("/x", Manifest.from_bytes(b'["b"]').of(""))
    assert Manifest.from_bytes(stored.as_bytes()) == stored


def test_a_report_that_did_not_become_final_after_all_is_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agent.service.final_report

    with bureau(tmp_path / "office") as office:
        whole_district(office)
        other, sound = office.office.open(), agent.service.final_report.compile_report

        def meanwhile(*given: Any) -> Any:
            override(other, "qingnian", "patrols", "9", office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.service.final_report, "compile_report", meanwhile)
        with pytest.raises(UsageError, match="再运行"):
            merge(office.work, office.now, None, office.ruling())
        other.ledger.close()
        monkeypatch.setattr(agent.service.final_report, "compile_report", sound)
        made = merge(office.work, office.now)
        assert "report.json" in {one.name for one in made.paths} and made.told == ()
