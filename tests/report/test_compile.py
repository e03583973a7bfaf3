"""The report as a whole: which files, under which names, the same bytes each time."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.base.errors import ConfigurationError
from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register, Unit
from agent.report.compile import compile_report

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""


def test_a_complete_district_gets_five_files_named_after_the_campaign(complete: District) -> None:
    assert set(complete.report()) == {
        "“冬季送温暖”专项救助行动情况统计汇总表.xlsx",
        "关于“冬季送温暖”专项救助行动开展情况的报告.docx",
        "“冬季送温暖”专项救助行动照片册.docx",
        "“冬季送温暖”专项救助行动缺报清单.xlsx",
        "report.json",
    }


def test_each_name_for_people_says_so_where_something_is_missing(troubled: District) -> None:
    names = set(troubled.report())
    assert all("（未完成）" in name for name in names - {"report.json"})
    assert len(names) == 5


def test_a_held_mail_alone_makes_the_report_incomplete(complete: District, troubled: District) -> None:
    complete.held = troubled.held
    assert all("（未完成）" in name for name in complete.report() if name != "report.json")


def test_the_same_overview_gives_the_same_bytes(troubled: District, monkeypatch: pytest.MonkeyPatch) -> None:
    first = troubled.report()
    monkeypatch.setenv("TZ", "America/Lima")
    assert troubled.report() == first


def test_the_files_carry_the_overviews_moment_and_no_clock(troubled: District) -> None:
    for name, data in troubled.report().items():
        if name == "report.json":
            continue
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert {info.date_time[0] for info in package.infolist()} == {1980}
            core = package.read("docProps/core.xml").decode()
        assert core.count("2024-03-06T09:30:00Z") == 2


def test_the_names_do_not_depend_on_the_day(complete: District) -> None:
    names = set(complete.report())
    complete.as_of += dt.timedelta(days=400)
    assert set(complete.report()) == names


def test_a_missing_template_names_the_folders_that_were_looked_in(complete: District, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"report\.docx") as raised:
        compile_report(complete.overview(), [tmp_path], complete.photo)
    assert str(tmp_path) in str(raised.value)


def test_the_first_folder_that_has_a_template_counts(complete: District, tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("自拟：{{ district }}")
    document.save(str(tmp_path / "report.docx"))
    files = compile_report(complete.overview(), [tmp_path, TEMPLATES], complete.photo)
    (report,) = [data for name, data in files.items() if "报告" in name]
    assert [one.text for one in docx.Document(io.BytesIO(report)).paragraphs] == ["自拟：万盛经开区"]


@pytest.mark.parametrize("wrong", ["{{ districkt }}", "{% if complete %}", "{{ title | nofilter }}"])
def test_a_template_that_is_wrong_is_a_configuration_error(
    complete: District, tmp_path: Path, wrong: str
) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph(wrong)
    document.save(str(tmp_path / "report.docx"))
    with pytest.raises(ConfigurationError, match=r"report\.docx"):
        complete.report([tmp_path])


def test_a_template_that_is_no_word_file_is_a_configuration_error(complete: District, tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(b"not a zip")
    with pytest.raises(ConfigurationError, match="另存为"):
        complete.report([tmp_path])


OTHER = """
id: flood-relief
title: 防汛救灾物资发放
start: 2025-06-01
deadline: 2025-07-10
measures: {户: {}, 吨: {}}
form:
  title: 防汛物资发放登记
  header: [{id: unit, label: 单位, type: unit}]
  fields:
    - {id: households, label: 受灾户数, measure: 户, type: count}
    - {id: rice, label: 大米, measure: 吨, type: amount}
deliverables: {form: {label: 登记表}}
"""


@pytest.fixture
def flood(tmp_path: Path, make_district: type[District]) -> District:
    path = tmp_path / "flood.yaml"
    path.write_text(OTHER, encoding="utf-8")
    units = (Unit(id="east", name="东镇"), Unit(id="west", name="西镇"))
    made = make_district(load_campaign(path), Register(district="水乡区", units=units))
    made.as_of = dt.datetime(2025, 7, 11, 8, 0, tzinfo=made.as_of.tzinfo)
    made.send("west", {"households": Decimal(12), "rice": Decimal("0.1")})
    made.send("east", {"households": Decimal(30), "rice": Decimal("0.2")})
    return made


def test_another_campaign_without_groups_photos_or_remarks_works_by_yaml_alone(flood: District) -> None:
    import docx
    import openpyxl

    files = flood.report()
    assert set(files) == {
        "防汛物资发放登记汇总表.xlsx",
        "关于防汛救灾物资发放开展情况的报告.docx",
        "防汛救灾物资发放缺报清单.xlsx",
        "report.json",
    }
    sheet = openpyxl.load_workbook(io.BytesIO(files["防汛物资发放登记汇总表.xlsx"]), data_only=True)["汇总表"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows == [
        ["序号", "单位", "受灾户数\n（户）", "大米\n（吨）", "备注"],
        [1, "东镇", 30, 0.2, None],
        [2, "西镇", 12, 0.1, None],
        ["合计", None, 42, 0.3, None],
    ]
    report = docx.Document(io.BytesIO(files["关于防汛救灾物资发放开展情况的报告.docx"]))
    text = "\n".join(one.text for one in report.paragraphs)
    assert "受灾户数42户，大米0.3吨。" in text
    assert "照片" not in text and "冬季" not in text
    assert json.loads(files["report.json"])["totals"] == {"households": 42, "rice": 0.3}


def test_an_empty_district_makes_a_report_that_says_so(district: District) -> None:
    record = json.loads(district.report()["report.json"])
    assert record["complete"] is False
    assert len(record["missing"]) == 10
    assert set(record["totals"].values()) == {None}


@pytest.mark.integration
def test_libreoffice_opens_every_file_and_its_recalculation_agrees(
    troubled: District, tmp_path: Path
) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice isn't installed")
    troubled.send(
        "heishan", troubled.figures(7, supplies_prepared=Decimal("0.1"), supplies_distributed=Decimal("0.1"))
    )
    for name, data in troubled.report().items():
        (tmp_path / name).write_bytes(data)
    own = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"

    def convert(kind: str, pattern: str) -> None:
        made = [str(path) for path in tmp_path.glob(pattern)]
        command = [soffice, own, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), *made]
        subprocess.run(command, check=True, capture_output=True, timeout=110)

    convert("pdf", "*.docx")
    assert len(list(tmp_path.glob("*.pdf"))) == 2
    convert("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1", "*汇总表*.xlsx")
    (csv,) = tmp_path.glob("*汇总表*.csv")
    (total,) = [line for line in csv.read_text("utf-8").splitlines() if line.startswith("合计")]
    told = [Decimal(cell) for cell in total.split(",")[2:15]]
    assert told == list(troubled.overview().totals.values())


def test_a_photo_is_asked_for_once_and_one_at_a_time(complete: District, campaign: Campaign) -> None:
    complete.send("qingnian", photos=[complete.picture(90), complete.picture(91)])
    asked: list[str] = []

    def photo(filed):  # type: ignore[no-untyped-def]
        asked.append(filed.path)
        return complete.photo(filed)

    compile_report(complete.overview(), [TEMPLATES], photo)
    assert len(asked) == len(set(asked)) == 12
    assert campaign.deliverables.photos is not None
