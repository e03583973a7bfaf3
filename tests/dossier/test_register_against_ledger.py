"""What is filed under a unit that the register doesn't have, or calls otherwise, stops the merge and is named everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base.errors import ConfigurationError
from agent.cli.check import check_all
from agent.cli.show_status import show_review
from agent.keeping.rebuild import rebuild
from agent.keeping.verify import verify
from agent.service.final_report import merge
from agent.service.mailings import digest_letter
from tests.outcome.bureau import STRANGER, Bureau, bureau, everything, form, read_letter, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def change(office: Bureau, how: Callable[[list[dict[str, Any]]], object]) -> None:
    path = office.office.folder / "rules" / "units.yaml"
    register = yaml.safe_load(path.read_text("utf-8"))
    how(register["units"])
    path.write_text(yaml.safe_dump(register, allow_unicode=True), "utf-8")
    office.reopen()


def of(units: list[dict[str, Any]], unit_id: str) -> dict[str, Any]:
    return next(one for one in units if one["id"] == unit_id)


def swapped(units: list[dict[str, Any]]) -> None:
    one, other = of(units, "qingnian"), of(units, "shilin")
    one["id"], other["id"] = other["id"], one["id"]


STRAYS: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str, str]] = {
    "taken out": (lambda units: units.remove(of(units, "qingnian")), "qingnian", "写回 units.yaml"),
    "another id": (
        lambda units: of(units, "qingnian").update(id="qingnianzhen"),
        "qingnian",
        "改回 qingnian",
    ),
    "ids mixed up": (swapped, "shilin", "id 写串了的"),
    "renamed": (
        lambda units: of(units, "qingnian").update(name="青云镇", aliases=[]),
        "qingnian",
        "加进它的 aliases",
    ),
}


@pytest.mark.parametrize(("how", "unit", "advice"), STRAYS.values(), ids=STRAYS)
def test_it_is_named_with_what_to_do_and_nothing_is_merged(
    tmp_path: Path, how: Callable[[list[dict[str, Any]]], object], unit: str, advice: str, capsys: Any
) -> None:
    with bureau(tmp_path) as office:
        office.receive(office.mail(QINGNIAN, *everything()), office.mail(SHILIN, *everything("石林镇")))
        path = office.office.folder / "rules" / "units.yaml"
        sound = path.read_text("utf-8")
        change(office, how)
        with pytest.raises(ConfigurationError, match=advice):
            merge(office.work, office.now)
        assert not office.work.archive.final.exists()
        assert unit in [one["unit"] for one in office.status["strays"]]
        [line, *_] = [one for one in check_all(office.office.config, office.now) if "的材料" in one.what]
        assert not line.ok and advice in line.advice
        assert any(advice in one for one in verify(office.work))
        assert advice in read_letter(digest_letter(office.work, office.now).raw).text
        show_review(office.work.overview(office.now))
        assert advice in capsys.readouterr().out
        rebuild(office.work)
        path.write_text(sound, "utf-8")
        office.reopen()
        assert "strays" not in office.status
        assert merge(office.work, office.now).paths


def test_the_command_ends_with_2_and_names_the_file(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything())
        change(office, STRAYS["taken out"][0])
        done = office.office.run("merge", "--now", office.now.isoformat())
        assert (done.returncode, done.stdout) == (2, "")
        assert "units.yaml" in done.stderr
        change(office, lambda units: units.append({"id": "qingnian", "name": "青年镇"}))


def test_whose_unit_a_person_decided_is_no_stray(tmp_path: Path) -> None:
    from agent.handling.decisions import assign

    with bureau(tmp_path) as office:
        office.send(STRANGER, form("不知道哪个镇"))
        assign(office.work, "H1", "qingnian", office.ruling())
        assert "strays" not in office.status


def test_a_mail_that_is_held_for_a_unit_that_is_gone_can_still_be_reviewed(
    tmp_path: Path, capsys: Any
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        change(office, STRAYS["taken out"][0])
        show_review(office.work.overview(office.now))
        assert "推断单位：不明" in capsys.readouterr().out
