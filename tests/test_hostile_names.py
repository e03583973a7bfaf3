"""What a sender writes stays words: the whole way, from the mail to files, letters, terminal, workbook, Word, JSON."""

from __future__ import annotations

import base64
import io
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.campaign.units import Unit
from agent.demo.district import addresses
from agent.demo.pictures import photo
from agent.dossier.dossier import suffix_of
from agent.dossier.submission import Piece
from tests.commands import ACCOUNT, Bureau, bureau, figures, heading, mail
from tests.commands import form as whole_form

BIDI, ANSI, BELL = "\u202e", "\x1b[2J\x1b]0;owned\x07", "\x07"
EVIL = f'<script>alert(1)</script><img src="http://evil.example/x">{{{{ 7*7 }}}}{{% raw %}}[red]x[/]{BIDI}'
FORMULA = "=cmd|'/c calc'!A0+HYPERLINK(\"http://evil.example\")"
REMARK = f"{FORMULA}{{{{ 7*7 }}}}<b>x</b>&amp;{BIDI}{BELL}"
NAMES = [
    "../../../../tmp/owned.jpg",
    "..\\..\\windows\\owned.jpg",
    "/etc/owned.jpg",
    "C:\\owned.jpg",
    "CON.jpg",
    "NUL",
    "aux.txt.jpg",
    "长" * 300 + ".jpg",
    f"照片{BIDI}gpj.exe",
    "a\r\nBcc: all@town.example\r\n.jpg",
    f"{ANSI}.jpg",
    f"{EVIL}.jpg",
    "=cmd.jpg",
    ".hidden.jpg",
    "照片.jpg::$DATA",
    "照片. . .",
    "\x00.jpg",
    "",
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Hostile mails from a registered unit and a stranger, taken in; a unit whose registered name is hostile, too."""
    made = bureau(tmp_path_factory.mktemp("hostile"))
    units = made.folder / "rules" / "units.yaml"
    register = yaml.safe_load(units.read_text("utf-8"))
    register["units"][0]["aliases"].append("{{ 7*7 }}{% for x in y %}<b>镇</b>")
    units.write_text(yaml.safe_dump(register, allow_unicode=True), "utf-8")
    made.post(hostile_mail(addresses()["qingnian"]))
    made.post(hostile_mail("zhang@personal.example", number=40))
    made.post(mail(sender=addresses()["shilin"], subject=EVIL, text=f"请问{EVIL[:60]}{ANSI}怎么填？"))
    assert made.run("poll", now="2024-03-01T10:00").status == 0
    return made


def hostile_mail(sender: str, number: int = 1) -> bytes:
    header = heading("青年镇") | {"reporter": f"{FORMULA}{EVIL}", "phone": "=1+1"}
    from agent.demo.forms import form_xlsx
    from tests.commands import CAMPAIGN

    workbook = with_remark(form_xlsx(CAMPAIGN, figures(remarks="备注"), header), REMARK)
    photos = [(name, photo(number + place)) for place, name in enumerate(NAMES)]
    raw = mail((EVIL + ".xlsx", workbook), sender=sender, text=ACCOUNT + EVIL)
    return with_raw_headers(raw, sender, photos)


def with_remark(workbook: bytes, remark: str) -> bytes:
    """The form with such words as its remark: a text, as an apostrophe makes it in Excel."""
    book, out = openpyxl.load_workbook(io.BytesIO(workbook)), io.BytesIO()
    [cell] = [one for row in book.active.iter_rows() for one in row if one.value == "备注" and one.row > 4]  # type: ignore[union-attr]
    cell.value = remark.replace(BELL, "")
    cell.data_type = "s"
    book.save(out)
    return out.getvalue()


def with_raw_headers(raw: bytes, sender: str, photos: list[tuple[str, bytes]]) -> bytes:
    """The mail with a subject, a display name and file names as no library would let them be written."""
    subject = _word(f"统计表\r\nBcc: all@town.example\r\n\r\n{EVIL}{ANSI}{FORMULA}")
    name = _word(f"{EVIL}{ANSI}\r\nBcc: all@town.example")
    boundary = re.search(rb'boundary="([^"]+)"', raw)
    assert boundary is not None
    parts = b"".join(
        b"--%s\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="%s"\r\n\r\n%s\r\n'
        % (boundary[1], _word(one).encode(), base64.encodebytes(data).replace(b"\n", b"\r\n"))
        for one, data in photos
    )
    raw = re.sub(rb"(?m)^Subject: .*\r\n(?:[ \t].*\r\n)*", b"", raw)
    raw = re.sub(rb"(?m)^From: .*\r\n", b"", raw)
    head = f"Subject: {subject}\r\nFrom: {name} <{sender}>\r\n".encode()
    return head + raw.replace(b"--%s--" % boundary[1], parts + b"--%s--" % boundary[1])


def _word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode('utf-8', 'surrogatepass')).decode()}?=" if text else ""


def control_characters(text: str) -> set[str]:
    """What moves a cursor, turns text around or hides it; line ends and tabs aside."""
    return {one for one in text if one not in "\n\r\t" and unicodedata.category(one) in ("Cc", "Cf", "Cs")}


# --- files -----------------------------------------------------------------------------------------------


def test_files_lie_in_their_folders_under_names_that_every_system_takes(office: Bureau) -> None:
    inside = [path for path in office.folder.rglob("*") if "archive" in path.parts]
    filed = [path for path in (office.folder / "archive").rglob("青年镇/*") if path.is_file()]
    assert len(filed) >= len(NAMES) - 1
    assert all(
        re.fullmatch(r"青年镇_(统计表|开展情况|照片|其他材料)_\d\d\.[a-z0-9]{1,6}", one.name) for one in filed
    )
    assert all(len(path.name.encode()) <= 120 and not control_characters(path.name) for path in inside)
    assert not list(office.folder.parent.rglob("*owned*"))
    assert not Path("/tmp/owned.jpg").exists()
    assert all(path.stat().st_mode & 0o111 == 0 for path in inside if path.is_file())


# --- letters ---------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The tags of a page, and where its links and pictures point."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.places: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.places += [
            value or "" for name, value in attrs if name in ("href", "src", "background", "action")
        ]
        assert not [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture(scope="module")
def letters(office: Bureau) -> list[EmailMessage]:
    office.run("digest", "--send", now="2024-03-01T11:00")
    office.run("remind", "--send", now="2024-03-01T11:00")
    return list(office.letters())


def test_letters_have_the_headers_and_recipients_that_they_were_given(letters: list[EmailMessage]) -> None:
    kinds = {re.findall(r"report-agent\.([a-z]+)", str(one["Message-ID"]))[0] for one in letters}
    assert kinds >= {"receipt", "acknowledgement", "noted", "digest"} or kinds >= {"correction", "digest"}
    for letter in letters:
        assert "Bcc" not in letter
        assert len(letter.get_all("To", [])) == len(letter.get_all("Subject", [])) == 1
        assert not control_characters(str(letter["Subject"]) + str(letter["From"]))
        assert not letter.defects
        assert "all@town.example" not in str(letter["To"])
        assert not list(letter.iter_attachments())


def test_letters_are_text_and_page_without_what_a_sender_marked_up(letters: list[EmailMessage]) -> None:
    for letter in letters:
        plain, page = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
        assert not control_characters(plain + page)
        assert "49" not in re.findall(r"alert\(1\).{0,80}", plain)
        tags = Tags()
        tags.feed(page)
        assert not tags.tags & {"script", "img", "iframe", "object", "link", "form", "svg", "base"}
        assert not [place for place in tags.places if "evil" in place]
        assert 'x">49' not in plain + page


# --- the terminal ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["status"], ["review"], ["digest"], ["remind"], ["check"]])
def test_the_terminal_gets_nothing_that_moves_its_cursor(office: Bureau, command: list[str]) -> None:
    ran = office.run(*command, now="2024-03-01T12:00")
    assert not control_characters(ran.out + ran.err)
    assert "owned" not in ran.out or "\x1b" not in ran.out
    if command == ["review"]:
        assert "[red]x[/]" in ran.out.replace("\n", "").replace(" ", "")


def test_a_poll_and_a_reading_say_nothing_that_moves_the_cursor_either(
    office: Bureau, tmp_path: Path
) -> None:
    path = tmp_path / f"{EVIL[:30].replace('/', '')}{ANSI.replace('/', '')}.eml"
    path.write_bytes(hostile_mail(addresses()["heishan"], number=70))
    ran = office.run("read", path, now=None)
    assert not control_characters(ran.out + ran.err)
    shutil.copy(path, office.folder / "mails" / "900.eml")
    ran = office.run("poll", now="2024-03-01T12:30")
    assert not control_characters(ran.out + ran.err)


def test_the_log_holds_no_words_of_a_mail(office: Bureau) -> None:
    for path in office.folder.rglob("agent.log*"):
        log = path.read_text("utf-8")
        assert "alert(1)" not in log
        assert not control_characters(log)


# --- the report ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def final(office: Bureau) -> Path:
    office.run("merge", now="2024-03-01T13:00")
    return office.folder / "archive" / "winter-warmth" / "final"


def cells(path: Path) -> Iterator[Any]:
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def test_a_workbook_computes_its_own_sums_and_nothing_of_a_sender_s(final: Path) -> None:
    written = [cell for path in final.glob("*.xlsx") for cell in cells(path)]
    formulas = [str(cell.value) for cell in written if cell.data_type == "f"]
    assert formulas
    assert all(re.fullmatch(r"=SUM\([A-Z]+\d+:[A-Z]+\d+\)", one) for one in formulas)
    words = [str(cell.value) for cell in written if "calc" in str(cell.value)]
    assert words
    assert all(cell.hyperlink is None for cell in written)
    for cell in written:
        if cell.data_type == "s" and str(cell.value).lstrip().startswith(("=", "+", "-", "@")):
            assert cell.quotePrefix
        assert not control_characters(str(cell.value))


def test_no_part_of_a_document_points_outside_runs_or_computes(final: Path) -> None:
    packages = [*final.glob("*.xlsx"), *final.glob("*.docx")]
    assert len(packages) >= 3
    for path in packages:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            assert not [
                one for one in names if re.search(r"vba|embeddings|activeX|oleObject|externalLink", one, re.I)
            ]
            for name in names:
                text = package.read(name)
                if name.endswith(".rels"):
                    assert b'TargetMode="External"' not in text
                if name.endswith(".xml"):
                    assert not re.search(rb"<w:(fldSimple|altChunk|object)|<ddeLink", text)
                    assert set(re.findall(rb"<w:instrText[^>]*>([^<]*)", text)) <= {b" PAGE ", b"PAGE"}


def test_a_word_document_says_what_was_written_as_words(final: Path) -> None:
    told = ""
    for path in final.glob("*.docx"):
        document = docx.Document(io.BytesIO(path.read_bytes()))  # type: ignore[arg-type]
        told += "\n".join(one.text for one in document.element.body.iter() if one.text)
    assert "alert(1)" in told
    assert "{{ 7*7 }}" in told
    assert not control_characters(told)


def test_the_report_as_json_is_json_and_shows_what_was_written(final: Path) -> None:
    import json

    [path] = final.glob("report.json")
    report = json.loads(path.read_text("utf-8"))
    [unit] = [one for one in report["units"] if one["id"] == "qingnian"]
    assert unit["values"]["remarks"].startswith(FORMULA + "{{ 7*7 }}<b>x</b>")
    assert {path.name for path in final.iterdir()} == {path.name.strip() for path in final.iterdir()}


# --- any text --------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=60))
def test_any_name_of_a_file_is_read_and_filed_under_one_of_ours(name: str) -> None:
    assert re.fullmatch(r"\.[a-z0-9]{1,5}", suffix_of(Piece(name, "0" * 64, "photo")))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("青年镇", "青年镇"),
        ("../青年镇", "／青年镇"),
        ("..\\青年镇", "＼青年镇"),
        ("C:青年镇", "C：青年镇"),
        ("青\n年镇. ", "青年镇"),
        (f"青{BIDI}年镇", "青年镇"),
        ("{{ 7*7 }}镇", "{{ 7＊7 }}镇"),
        ("<b>镇</b>", "＜b＞镇＜／b＞"),
        ("CON", "单位CON"),
        ("raw", "单位raw"),
        ("Final", "单位Final"),
        ("..", "odd"),
        ("镇" * 300, "镇" * 40),
    ],
)
def test_a_unit_s_folder_is_a_name_and_no_path(name: str, folder: str) -> None:
    assert Unit(id="odd", name=name).folder == folder


def test_a_unit_s_name_that_looks_like_a_template_is_a_name(tmp_path: Path) -> None:
    made = bureau(tmp_path)
    path = made.folder / "rules" / "units.yaml"
    register = yaml.safe_load(path.read_text("utf-8"))
    name = "{{ 7*7 }}镇"
    register["units"][4].update(name=name, aliases=[])
    path.write_text(yaml.safe_dump(register, allow_unicode=True), "utf-8")
    made.post(mail(whole_form(name), ("照片.jpg", photo(1)), sender=addresses()["qingnian"], text=ACCOUNT))
    assert made.run("poll").status == 0
    assert (
        made.folder / "archive" / "winter-warmth" / "{{ 7＊7 }}镇" / "{{ 7＊7 }}镇_统计表_01.xlsx"
    ).is_file()
    assert made.run("rebuild", "--verify").status == 0
    assert name in made.run("status").out
    [letter] = made.letters()
    assert all(name in letter.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert made.run("merge").status == 1
    told = "".join(
        one.text or ""
        for path in (made.folder / "archive" / "winter-warmth" / "final").glob("*.docx")
        for one in docx.Document(str(path)).element.body.iter()
    )
    assert name in told
    assert "49镇" not in told
