"""Templates of others: another campaign's words, the operator's own templates, and their errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.base.errors import ConfigurationError
from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import assemble
from agent.dossier.overview import Overview
from agent.letters import Letters, news
from agent.letters.samples import failing_templates

from .made_up import (
    CONTACT,
    ROOT,
    SENDER,
    answer,
    form,
    form_values,
    mail,
    moment,
)
from .opened import (
    EVENING,
    Case,
    is_silent_about,
    parsed,
    says,
)

# Templates and campaigns of others


SECOND = """
id: flood-check
title: 汛期安全检查
start: 2025-06-01
deadline: 2025-06-30
measures: {处: {}, 公里: {}}
form:
  title: 汛期安全检查表
  header: [{id: unit, label: 填报乡镇, type: unit}]
  fields:
    - {id: dams, label: 检查水库, measure: 处, type: count}
    - {id: dykes, group: 堤防, label: 长度, measure: 公里, type: amount}
deliverables: {form: {label: 检查表}}
"""


def test_another_campaigns_letters_speak_of_its_own_form_only(tmp_path: Path) -> None:
    path = tmp_path / "second.yaml"
    path.write_text(SECOND, encoding="utf-8")
    campaign = load_campaign(path)
    unit = Unit(id="hekou", name="河口乡")
    came = mail(1, "2025-06-10T10:00", form=form(unit, form_values(campaign, (3, "12.5"))), pieces=())
    after = assemble(unit, (came,), (), campaign)
    letters = Letters([ROOT / "templates"], SENDER, CONTACT, campaign)
    now = moment("2025-06-11T10:00")
    nothing = assemble(unit, (), (), campaign)
    view = Overview(campaign, Register(district="某县", units=(unit,)), now, (after,))
    receipt = letters.reply(answer(came), nothing, after, now)
    says(receipt, "汛期安全检查", "检查水库 3 处", "堤防/长度 12.5 公里", "填报乡镇", "应报的材料已齐")
    reminder = letters.reminder(nothing, ["a@town.example"], now)
    says(reminder, "检查表 未收到", "《汛期安全检查表》")
    digest = letters.digest(view, now, news(view))
    says(digest, "堤防/长度 12.5 公里")
    for letter in (receipt, reminder, digest):
        is_silent_about(letter, "送温暖", "开展情况", "照片", "巡查")
    assert failing_templates(letters, campaign) == []


def test_the_templates_name_no_campaign_and_no_field(campaign: Campaign, register: Register) -> None:
    names = [*(one.full_label for one in campaign.form.fields if one.is_figure), *campaign.also_called]
    names += [unit.name for unit in register.units]
    sources = [*(ROOT / "templates").glob("**/*.j2"), *(ROOT / "agent" / "letters").glob("*.py")]
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path


def test_the_built_in_templates_have_no_problems(letters: Letters, campaign: Campaign) -> None:
    assert failing_templates(letters, campaign) == []


@pytest.mark.parametrize(
    ("name", "mended", "told"),
    [
        ("receipt.txt.j2", lambda text: text + "\n{{ no_such_name }}{% block x %}{% endblock %}", None),
        ("words.j2", lambda text: text.replace("{{ due.on|day }}", "{{ due.no_such }}"), "words.j2 第"),
        ("digest.html.j2", lambda text: "\n\n{% if %}" + text, "digest.html.j2 第 3 行"),
        (
            "correction.subject.j2",
            lambda text: "{{ ''.__class__.__mro__ }}" + text,
            "correction.subject.j2 第 1 行",
        ),
        ("noted.html.j2", lambda _: "\n{{ 1 // 0 }}", "noted.html.j2 第 2 行"),
        ("reminder.txt.j2", lambda _: "{% include 'nowhere.j2' %}", "nowhere.j2"),
    ],
)
def test_a_templates_error_is_told_with_its_name_and_line(
    name: str, mended: Callable[[str], str], told: str | None, tmp_path: Path, campaign: Campaign
) -> None:
    built_in = ROOT / "templates"
    (tmp_path / name).write_text(mended((built_in / name).read_text(encoding="utf-8")), encoding="utf-8")
    problems = failing_templates(Letters([tmp_path, built_in], SENDER, CONTACT, campaign), campaign)
    if told is None:  # what stands outside the blocks of a child template is never written out
        assert problems == []
    else:
        assert problems and all(
            told in one and one.startswith("模板 ") and "\n" not in one for one in problems
        )


def test_the_operators_own_template_comes_before_the_built_in(
    tmp_path: Path, campaign: Campaign, sent: dict[str, Case]
) -> None:
    (tmp_path / "receipt.subject.j2").write_text("收到了：{{ unit }}", encoding="utf-8")
    letters = Letters([tmp_path, ROOT / "templates"], SENDER, CONTACT, campaign)
    assert parsed(letters.receipt(*sent["receipt_first"], EVENING))["Subject"] == "收到了：青年镇"


def test_a_missing_template_is_told_when_a_letter_needs_it(
    tmp_path: Path, campaign: Campaign, sent: dict[str, Case]
) -> None:
    shutil.copytree(ROOT / "templates", tmp_path / "own")
    (tmp_path / "own" / "sender.j2").unlink()
    letters = Letters([tmp_path / "own"], SENDER, CONTACT, campaign)
    with pytest.raises(ConfigurationError, match=r"sender\.j2"):
        letters.acknowledgement(sent["receipt_first"][0], EVENING)
