"""Another campaign, by its YAML files alone: from the mails to the report, with no word of the first one."""

from __future__ import annotations

import ast
import email.policy
import json
import re
import shutil
import zipfile
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agent.campaign.rules import Campaign, load_campaign
from agent.demo.forms import form_docx, form_html, form_xlsx
from tests.commands import Ran, run
from tests.integration.office import ROOT

DATA = Path(__file__).parent / "second_campaign"
FIRST = re.compile("冬|寒|送温暖|巡查|万盛|青年镇|民政|救助|劝导|乞讨|感人事迹|照片")
SUMMARY = "我单位按照通知要求开放清凉驿站，为环卫、快递、建筑等户外劳动者提供休息、饮水和防暑药品，反响良好。"
FIGURES: dict[str, dict[str, int | str]] = {
    "yunxi": {"stations": 3, "hours": "120.5", "workers_served": 260, "heatstroke_cases": 0, "drinks": "40.5", "funds": "1.2万元"},
    "bailu": {"stations": 5, "hours": "10天", "workers_served": 800, "heatstroke_cases": 2, "drinks": "91件", "funds": "8000.50"},
    "park": {"stations": 1, "hours": 8, "workers_served": "30名", "heatstroke_cases": "无", "drinks": 2, "funds": 500},
}  # fmt: skip
TOTALS: dict[str, int | str] = {
    "stations": 9,
    "hours": "368.5",
    "workers_served": 1090,
    "heatstroke_cases": 2,
    "drinks": 88,
    "funds": "20500.5",
}
NAMES = {"yunxi": "云溪乡", "bailu": "白鹭街道", "park": "临港产业园管委会"}


class Bureau:
    """The other bureau's working folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(DATA, folder, dirs_exist_ok=True)
        (folder / "mails").mkdir()
        self.campaign: Campaign = load_campaign(folder / "summer.yaml")

    def run(self, *arguments: object, now: str = "2024-08-30T10:00") -> Ran:
        return run(*arguments, "--config", self.folder / "config.yaml", "--now", now)

    def post(self, unit: str, *attachments: tuple[str, bytes], text: str = SUMMARY, html: str = "") -> None:
        number = len(list((self.folder / "mails").iterdir()))
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"], message["To"] = f"{unit}@office.example", "report@bureau.example"
        message["Subject"], message["Message-ID"] = "夏日送清凉材料", f"<{number}@office.example>"
        message["Date"] = f"Fri, 30 Aug 2024 09:{number:02d}:00 +0800"
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        for name, data in attachments:
            message.add_attachment(data, "application", "octet-stream", filename=name)
        (self.folder / "mails" / f"{number}.eml").write_bytes(message.as_bytes())

    def header(self, unit: str) -> dict[str, Any]:
        return {"unit": NAMES[unit], "reported_on": "2024年8月30日", "reporter": "李演示"}

    def letters(self, to: str = "") -> list[Any]:
        found = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in (self.folder / "sent").iterdir()
        ]
        return sorted(
            (one for one in found if to in one["To"]), key=lambda one: (one["Date"].datetime, one["Subject"])
        )

    def unit(self, unit: str) -> Any:
        return next(one for one in self.run("status", "--json").json["units"] if one["id"] == unit)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """The whole way: a document, a workbook that has to be mended, a table pasted into a mail, a digest, the merge."""
    office = Bureau(tmp_path_factory.mktemp("summer"))
    made = office.campaign
    wrong = FIGURES["bailu"] | {"heatstroke_cases": 900, "drinks": "约90箱"}
    office.post(
        "yunxi",
        ("一览表.docx", form_docx(made, FIGURES["yunxi"] | {"stories": "延时开放"}, office.header("yunxi"))),
    )
    office.post("bailu", ("一览表.xlsx", form_xlsx(made, wrong, office.header("bailu"), turned=True)))
    assert office.run("poll").status == 0
    assert office.run("digest", "--send").status == 0
    assert office.run("remind", "--send").status == 0
    office.post(
        "bailu", ("一览表.xlsx", form_xlsx(made, FIGURES["bailu"], office.header("bailu"), turned=True))
    )
    office.post("park", text="见下表", html=form_html(made, FIGURES["park"], office.header("park")))
    assert office.run("poll", now="2024-08-30T11:00").status == 0
    ran = office.run("merge", "--final", "--out", office.folder / "out", now="2024-08-30T12:00")
    assert ran.status == 0, ran.err
    return office


def test_check_takes_it(tmp_path: Path) -> None:
    ran = Bureau(tmp_path).run("check")
    assert ran.status == 0
    assert "夏日送清凉" in ran.out


def test_figures_are_read_by_its_own_labels_and_measures(done: Bureau) -> None:
    form = done.unit("yunxi")["form"]
    assert (form["status"], form["source"]["file"]) == ("accepted", "一览表.docx")
    assert form["values"] == {
        "stations": 3, "hours": Decimal("120.5"), "workers_served": 260, "heatstroke_cases": 0,
        "drinks": Decimal("40.5"), "funds": 12000, "stories": "延时开放",
    }  # fmt: skip
    assert done.unit("bailu")["form"]["values"]["hours"] == 240
    assert done.unit("bailu")["form"]["values"]["drinks"] == Decimal("45.5")
    assert done.unit("park")["form"]["values"]["workers_served"] == 30


def test_what_it_does_not_ask_for_is_not_owed(done: Bureau) -> None:
    unit = done.unit("yunxi")
    assert unit["complete"] is True
    assert unit["photos"]["count"] == 0
    assert not [one for one in unit["form"]["findings"] if one["rule"] == "header_missing"]


def test_its_own_checks_send_a_form_back(done: Bureau) -> None:
    correction, _reminder, receipt = done.letters("bailu@")
    told = correction.get_body(("plain",)).get_content()
    assert "“中暑送医”（900）大于“服务劳动者”（800）" in told
    assert "约90箱" in told
    assert "已登记" in receipt["Subject"]
    assert "夏日送清凉" in correction["Subject"]


def test_reminder_and_digest_name_its_deliverables(done: Bureau) -> None:
    reminder = next(one for one in done.letters("bailu@") if "催报" in one["Subject"])
    assert "一览表" in reminder.get_body(("plain",)).get_content()
    (digest,) = done.letters("contact@")
    assert "deputy@bureau.example" in digest["To"]
    text = digest.get_body(("plain",)).get_content()
    assert "云溪乡" in text
    assert "慰问资金" in text


def test_the_record_adds_up(done: Bureau) -> None:
    report = json.loads(
        (done.folder / "out" / "report.json").read_text(encoding="utf-8"), parse_float=Decimal
    )
    assert (report["campaign"], report["complete"]) == ("summer-cool", True)
    assert [one["id"] for one in report["units"]] == ["yunxi", "bailu", "park"]
    assert {name: Decimal(value) for name, value in report["totals"].items()} == {
        name: Decimal(value) for name, value in TOTALS.items()
    }


def test_the_workbook_has_its_columns_and_sums(done: Bureau) -> None:
    (path,) = done.folder.glob("out/*汇总*.xlsx")
    assert "清凉驿站运行情况一览" in path.name
    rows = [
        list(row)
        for row in openpyxl.load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True)
    ]
    cells = [[re.sub(r"\s", "", str(cell)) for cell in row if cell is not None] for row in rows]
    heading = next(row for row in cells if any(cell.startswith("开放驿站") for cell in row))
    labels = ["开放驿站", "开放时长", "服务劳动者", "中暑送医", "发放饮品", "慰问资金", "典型做法"]
    assert [cell.partition("（")[0] for cell in heading][-7:] == labels
    total = next(row for row in cells if "合计" in row)
    figures = total[total.index("合计") + 1 :]
    assert [Decimal(figure) for figure in figures[:6]] == [Decimal(value) for value in TOTALS.values()]


def test_the_report_says_its_own_words(done: Bureau) -> None:
    (path,) = done.folder.glob("out/*报告*.docx")
    text = _document(path)
    assert "“夏日送清凉”户外劳动者关爱行动" in text
    assert "全区开放清凉驿站9个，累计开放368.5小时，服务户外劳动者1090人" in text.replace(",", "")
    assert "使用慰问资金20500.5元" in text.replace(",", "")


def test_no_letter_and_no_file_says_a_word_of_the_other_campaign(done: Bureau) -> None:
    texts = {f"{one['Subject']} to {one['To']}": _whole(one) for one in done.letters()}
    texts |= {path.name: _document(path) for path in (done.folder / "out").iterdir()}
    texts |= {"names": "\n".join(str(path.relative_to(done.folder)) for path in done.folder.rglob("*"))}
    for arguments in (
        ("status",),
        ("review",),
        ("digest",),
        ("remind",),
        ("check",),
        ("rebuild", "--verify"),
    ):
        texts[" ".join(arguments)] = done.run(*arguments).out
    assert len(texts) > 12
    for name, text in texts.items():
        assert text, name
        assert not FIRST.findall(text), name


def test_the_program_itself_says_no_word_of_a_campaign() -> None:
    campaigns = re.compile("冬|寒潮|送温暖|巡查|劝导|乞讨|流浪|万盛")
    for path in (*ROOT.glob("agent/**/*.py"), *ROOT.glob("templates/**/*")):
        if "demo" in path.parts or path.is_dir():
            continue
        told = {".docx": _document, ".py": _spoken}.get(path.suffix, Path.read_text)(path)
        assert not campaigns.findall(told), path


def _whole(letter: Any) -> str:
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(letter["Subject"]), str(letter["From"]), *parts])


def _spoken(path: Path) -> str:
    """The texts in a program, its explanations apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in explained)
    return "\n".join(str(node.value) for node in texts)


def _document(path: Path) -> str:
    """Every word in a document or a workbook, whichever of its parts it stands in."""
    if path.suffix == ".json":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name).decode("utf-8") for name in package.namelist() if name.endswith(".xml")]
    return re.sub(r"<[^>]+>", "", "\n".join(parts))
