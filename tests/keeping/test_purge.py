"""What the bureau's rule says goes, goes and is recorded; figures, report and decisions stay, and nothing is missing."""

from __future__ import annotations

import collections
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base import failpoints as faults
from agent.campaign.units import load_register
from agent.demo.district import addresses
from agent.demo.pictures import photo
from tests.commands import ACCOUNT, Bureau, bureau, form, mail, run, whole
from tests.integration.office import ROOT, Office
from tests.keeping.test_backup import unpacked

LATER = "2024-09-01T10:00"
BEFORE = ("--before", "2024-07-01")
ALL = ["mails", "ignored", "forms", "narratives", "photos", "others", "letters", "album", "names"]
SECRETS = ("李秘密", "secret-person", "秘密备注", "请问秘密")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """A whole campaign, closed: every unit has sent everything; a stranger, a question, a decision, a digest."""
    office = bureau(tmp_path_factory.mktemp("office"))
    for number, unit in enumerate(load_register(ROOT / "agent/demo/campaign/units.yaml").units):
        if unit.required and unit.id != "qingnian":
            office.post(whole(unit.id, number + 1))
    secret = mail(
        form("青年镇", remarks="秘密备注"),
        ("李秘密.jpg", photo(30)),
        subject="李秘密的材料",
        text=ACCOUNT,
    )
    office.post(secret)
    office.post(mail(form("青年镇"), sender="secret-person@personal.example", subject="李秘密"))
    office.post(mail(sender=addresses()["nantong"], subject="请问秘密", text="请问秘密？"))
    office.post(mail(sender=addresses()["nantong"], subject="自动回复", Auto_Submitted="auto-replied"))
    assert office.run("poll").status == 0
    assert office.run("review", "reject", "H1", "--reason", "不是本区的").status == 0
    assert office.run("review", "override", "heishan", "patrols", "12", "--reason", "电话更正").status == 0
    office.run("review", "close", "qingnian")
    (asked,) = office.json("status")["open"]
    assert office.run("review", "settle", asked["id"], "--reason", "已电话答复").status == 0
    assert office.run("digest", "--send").status == 0
    merged = office.run("merge", "--final", now="2024-03-06T10:00")
    assert merged.status == 0, merged.err
    return office


@pytest.fixture
def office(tmp_path: Path, made: Bureau) -> Bureau:
    folder = tmp_path / "office"
    shutil.copytree(made.folder, folder)
    return Bureau(Office(folder))


def test_a_mail_that_says_what_nobody_has_settled_stays(office: Bureau) -> None:
    office.post(mail(sender=addresses()["nantong"], subject="请问", text="请问还要报吗？"))
    office.run("poll")
    rule(office, ALL)
    assert "有话没有了结的邮件 1 封没有动" in purge(office, "--yes")
    (item,) = office.json("status", now=LATER)["open"]
    assert "还要报吗" in item["text"]


def rule(office: Bureau, remove: list[str], **more: Any) -> None:
    content = yaml.safe_load(office.office.config.read_text("utf-8"))
    content["retention"] = {"remove": remove, **more}
    office.office.config.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def purge(office: Bureau, *arguments: str, status: int = 0) -> str:
    ran = office.run("purge", *BEFORE, *arguments, now=LATER)
    assert ran.status == status, ran.err
    return ran.out + ran.err


def figures(office: Bureau) -> Any:
    """All that the report is made of."""
    shown = office.json("status", now=LATER)
    return [
        (one["id"], one["complete"], one["form"]["status"], one["form"]["version"], one["photos"]["count"],
         {name: value for name, value in one["form"]["values"].items() if name != "remarks"})
        for one in shown["units"]
    ]  # fmt: skip


def files(office: Bureau) -> dict[str, bytes]:
    archive = office.office.archive
    return {
        path.relative_to(archive).as_posix(): path.read_bytes()
        for path in sorted(archive.rglob("*"))
        if path.is_file() and not path.name.startswith(("agent.", "ledger."))
    }


def kinds(paths: Any) -> collections.Counter[str]:
    return collections.Counter(path.split("/")[0] + Path(path).suffix for path in paths)


def assert_whole(office: Bureau) -> None:
    verified = office.run("rebuild", "--verify", now=LATER)
    assert (verified.status, verified.err) == (0, ""), verified.out
    assert "不是缺失" in verified.out


def test_without_a_rule_nothing_goes_and_the_operator_is_told_how_to_write_one(office: Bureau) -> None:
    before = files(office)
    assert "retention:" in purge(office, "--yes", status=2)
    assert files(office) == before


def test_without_yes_it_says_what_would_go_and_changes_nothing(office: Bureau) -> None:
    rule(office, ["mails", "photos"])
    before = files(office)
    said = purge(office)
    for words in ("原始邮件　11 封", "照片　10 张", "青年镇", "加上 --yes", "2024年7月1日"):
        assert words in said, said
    assert files(office) == before


@pytest.mark.parametrize(
    ("remove", "gone"),
    [
        (["ignored"], ["raw.eml"]),
        (["letters"], ["letters.eml"]),
        (["mails"], ["raw.eml"]),
        (["mails", "photos"], ["raw.eml", ".jpg"]),
        (["mails", "narratives"], ["raw.eml", ".txt"]),
        (["mails", "forms"], ["raw.eml", ".xlsx"]),
        (["album"], ["final.docx"]),
        (ALL, ["raw.eml", "letters.eml", ".jpg", ".txt", ".xlsx", "final.docx"]),
    ],
    ids=lambda one: "-".join(one),
)
def test_what_the_rule_names_goes_and_nothing_else(
    office: Bureau, remove: list[str], gone: list[str]
) -> None:
    rule(office, remove)
    before, had = figures(office), files(office)
    purge(office, "--yes")
    left = files(office)
    lost = {
        path if path.startswith(("raw", "letters", "final")) else Path(path).suffix
        for path in had.keys() - left.keys()
    }
    assert {one if one.startswith(".") else f"{one.split('/')[0]}{Path(one).suffix}" for one in lost} == set(
        gone
    )
    added = left.keys() - had.keys()
    assert kinds(added) == {"records.json": 1}
    assert figures(office) == before
    assert_whole(office)
    assert "没有要删去的" in purge(office, "--yes"), "once is enough"
    changed = {path for path in had.keys() & left.keys() if had[path] != left[path]}
    assert all(path.endswith((".reading.json", ".envelope.json", ".json")) for path in changed)


def test_names_and_words_are_nowhere_afterwards(office: Bureau) -> None:
    rule(office, ALL)
    assert _mentions(office), "they were there"
    purge(office, "--yes", "--reason", "按档案规定", "--by", "王科长")
    assert _mentions(office) == []
    assert figures(office)


def _mentions(office: Bureau) -> list[str]:
    """Files of the archive that name a person, but for the report (which stays) and the decisions."""
    return [
        path.relative_to(office.office.archive).as_posix()
        for path in sorted(office.office.archive.rglob("*"))
        if path.is_file()
        and path.parent.name != "final"
        and any(secret.encode() in path.read_bytes() or secret in path.name for secret in SECRETS)
    ]


def test_it_is_recorded_by_whom_and_how_much_but_not_what(office: Bureau) -> None:
    rule(office, ALL)
    purge(office, "--yes", "--reason", "按档案规定", "--by", "王科长")
    shown = office.json("status", now=LATER)
    (told,) = shown["purged"]
    assert (told["by"], told["before"]) == ("王科长", "2024-07-01")
    assert (told["counts"]["mails"], told["counts"]["photos"], told["counts"]["ignored"]) == (11, 10, 2)
    assert {unit["photos"]["count"] for unit in shown["units"] if unit["required"]} == {1}
    assert all(unit["photos"]["files"] == [] for unit in shown["units"])
    assert {unit["photos"].get("removed") for unit in shown["units"] if unit["required"]} == {1}
    record = max(office.office.archive.glob("records/*.json")).read_text("utf-8")
    assert '"kind": "purge"' in record
    assert "按档案规定" in record
    for words in (office.run("status", now=LATER).out, office.run("digest", now=LATER).out):
        assert "按保存期限删去" in words
        assert "11 封" in words.replace("\n", "")


def test_the_ledger_can_be_made_anew_afterwards(office: Bureau) -> None:
    rule(office, ALL)
    purge(office, "--yes")
    before, shown = figures(office), office.json("status", now=LATER)
    for path in office.office.archive.glob("ledger.sqlite*"):
        path.unlink()
    rebuilt = office.run("rebuild", now=LATER)
    assert (rebuilt.status, rebuilt.err) == (0, "")
    assert "缺失。请" not in rebuilt.out
    assert "不是缺失" in rebuilt.out
    assert office.json("status", now=LATER) == shown
    assert figures(office) == before
    assert_whole(office)


@pytest.mark.parametrize(("remove", "album"), [(["mails", "photos"], True), (ALL, False)])
def test_the_report_can_be_made_again_with_the_same_figures_and_keeps_its_album(
    office: Bureau, remove: list[str], album: bool
) -> None:
    rule(office, remove)
    had = {path.name: path.read_bytes() for path in office.office.archive.glob("final/*册.docx")}
    report = _report(office)
    purge(office, "--yes")
    ran = office.run("merge", now=LATER)
    assert ran.status == 0, ran.err
    assert "照片已按保存期限删去" in ran.err
    assert _report(office) == report
    left = {path.name: path.read_bytes() for path in office.office.archive.glob("final/*册.docx")}
    assert left == (had if album else {})


def _report(office: Bureau) -> Any:
    import simplejson

    shown = simplejson.loads((office.office.archive / "final" / "report.json").read_bytes())
    values = [
        {name: value for name, value in one["values"].items() if name != "remarks"} for one in shown["units"]
    ]
    cells = [
        (name, one["sources"][name]["cell"], one["sources"][name]["message"])
        for one in shown["units"]
        for name in one["sources"]
    ]
    return shown["totals"], values, cells, shown["complete"]


def test_a_removed_mail_that_stands_in_the_mailbox_still_is_not_taken_in_again(office: Bureau) -> None:
    rule(office, ALL)
    purge(office, "--yes")
    had = files(office)
    assert office.run("poll", "--json", now=LATER).json["new"] == 0
    assert files(office) == had


def test_a_backup_made_afterwards_is_whole(office: Bureau, tmp_path: Path) -> None:
    rule(office, ALL)
    purge(office, "--yes")
    ran = office.run("backup", tmp_path, now=LATER)
    assert (ran.status, ran.err) == (0, "")
    copy = unpacked(Path(ran.out.splitlines()[0]), tmp_path / "copy")
    assert copy.run("rebuild", now=LATER).status == 0
    assert_whole(copy)
    assert figures(copy) == figures(office)


# --- what stays ------------------------------------------------------------------------------------------


def test_of_a_campaign_that_is_open_only_what_was_set_aside_goes(office: Bureau) -> None:
    rule(office, ALL)
    assert office.run("review", "reopen", now="2024-03-07T10:00").status == 0
    had = files(office)
    said = purge(office, "--yes")
    assert "还没有定稿" in said
    assert "不处理的来信　2 封" in said
    assert kinds(had.keys() - files(office).keys()) == {"raw.eml": 2}
    assert_whole(office)


def test_what_waits_for_a_decision_never_goes(office: Bureau) -> None:
    rule(office, ALL)
    office.post(mail(form("青年镇"), sent="2024-03-10T10:00+08:00"))
    assert office.run("poll", now="2024-03-10T11:00").status == 0
    said = purge(office, "--yes")
    assert "待核邮件 1 封没有动" in said
    assert [one["reason"] for one in office.json("review", now=LATER)] == ["after_final"]
    assert office.run("review", "reopen", now=LATER).status == 0
    accepted = office.run("review", "accept", "H2", now=LATER)
    assert accepted.status == 0, accepted.err
    assert office.unit("qingnian", now=LATER)["form"]["version"] == 2
    assert office.run("rebuild", "--verify", now=LATER).status == 0


def test_what_came_on_the_day_or_later_stays(office: Bureau) -> None:
    rule(office, ALL)
    ran = office.run("purge", "--before", "2024-03-01", "--yes", now=LATER)
    assert "没有要删去的" in ran.out


@pytest.mark.parametrize(
    ("day", "keep", "told"),
    [
        ("2024-10-01", 0, "2024-09-01"),
        ("2024-07-01", 100, "保存 100 天"),
        ("1.7.2024", 0, "--before"),
    ],
)
def test_a_day_that_the_rule_does_not_allow_is_refused(
    office: Bureau, day: str, keep: int, told: str
) -> None:
    rule(office, ALL, keep_days=keep)
    ran = office.run("purge", "--before", day, "--yes", now=LATER)
    assert ran.status == 2
    assert told in ran.err


def test_beside_a_running_agent_it_is_refused(office: Bureau) -> None:
    rule(office, ALL)
    with office.office.open().archive.locked():
        assert "另一个 report-agent" in purge(office, "--yes", status=2)


@pytest.mark.parametrize(
    ("retention", "told"),
    [
        ({}, "retention.remove：缺少这一项"),
        ({"remove": []}, "至少要写一项"),
        ({"remove": ["photo"]}, "写的是 'photo'，可用：'mails'"),
        ({"remove": ["photos"]}, "也要写 mails"),
        ({"remove": ["names", "mails"]}, "也要写 ignored、letters"),
        ({"remove": ["mails"], "keep_days": -1}, "不能小于 0"),
        ({"remove": ["mails"], "keep": 1}, "retention.keep：没有这个键"),
    ],
)
def test_a_rule_that_does_not_hold_is_explained(tmp_path: Path, retention: dict[str, Any], told: str) -> None:
    office = bureau(tmp_path, retention=retention)
    ran = office.run("status")
    assert ran.status == 2
    assert told in ran.err, ran.err


# --- a crash ---------------------------------------------------------------------------------------------

AGAIN: dict[str, Callable[[Bureau], Any]] = {
    "purge": lambda office: purge(office, "--yes"),
    "poll": lambda office: office.run("poll", now=LATER),
    "rebuild": lambda office: office.run("rebuild", now=LATER),
    "lost ledger": lambda office: _lose_the_ledger(office),
}


def _lose_the_ledger(office: Bureau) -> None:
    for path in office.office.archive.glob("ledger.sqlite*"):
        path.unlink()
    assert office.run("rebuild", now=LATER).status == 0


@pytest.mark.integration
def test_killed_anywhere_it_ends_as_if_nothing_had_happened(office: Bureau, tmp_path: Path) -> None:
    rule(office, ALL)
    places = _places(office, tmp_path)
    assert {place for place, _ in places} >= {"purge committed", "file removed", "record put right"}
    wanted = None
    chosen = [*places[:3], *places[3 :: max(1, len(places) // 4)]]
    for number, (place, count) in enumerate(chosen):
        name, again = [*AGAIN.items()][number % len(AGAIN)]
        other = _copied(office, tmp_path / f"{number}")
        assert _killed(lambda other=other: purge(other, "--yes"), place, count)  # type: ignore[misc]
        if place == "purge committed" and name == "lost ledger":
            continue  # nothing of it was recorded yet but in the ledger that is lost
        again(other)
        state = {**files(other), **other.office.open().ledger.dump()}
        wanted = wanted or state
        assert _differing(state, wanted) == [], (place, count, name)
        assert _mentions(other) == [], (place, count, name)
        assert_whole(other)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _copied(office: Bureau, folder: Path) -> Bureau:
    shutil.copytree(office.folder, folder)
    return Bureau(Office(folder))


def _places(office: Bureau, folder: Path) -> list[tuple[str, int]]:
    log, other = folder / "log", _copied(office, folder / "undisturbed")

    def note(place: str) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{place}\n")

    assert not _killed(lambda: purge(other, "--yes"), watch=note)
    seen: collections.Counter[str] = collections.Counter()
    passed = []
    for place in log.read_text("utf-8").splitlines():
        seen[place] += 1
        passed.append((place, seen[place]))
    # Each effect has a place of its own besides; those of the purge say which step it is at.
    return [one for one in passed if one[0] in ("purge committed", "file removed", "record put right")]


def _killed(
    act: Callable[[], Any], place: str = "", count: int = 1, watch: Callable[[str], object] | None = None
) -> bool:
    child = os.fork()
    if child == 0:
        try:
            faults.arm(place, count, watch)
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_help_is_in_chinese() -> None:
    assert "按 config.yaml 的保存期限" in run("purge", "--help").out
