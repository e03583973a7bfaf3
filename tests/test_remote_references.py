"""Files that ask to be completed from elsewhere: nothing is fetched, nothing runs, nothing of it is passed on.

A real server on this machine counts who comes.
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.demo.district import addresses
from agent.demo.forms import form_docx, form_xlsx
from agent.demo.pictures import photo
from agent.reading.apart import outside
from agent.reading.formats.office import find_office
from tests.commands import ACCOUNT, CAMPAIGN, bureau, figures, heading, mail, run

SECRET = "geheim-4712"
PIXEL = photo(5)


@dataclass
class Elsewhere:
    """The server, and a file of this machine that nobody should see."""

    address: str
    secret: Path
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    asked: list[str] = []

    class Counting(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PIXEL)

        do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Elsewhere(f"http://127.0.0.1:{server.server_port}", secret, asked)
        server.shutdown()


def entities(there: Elsewhere) -> str:
    return (
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "{there.address}/entity"><!ENTITY b SYSTEM "file://{there.secret}">'
        f'<!ENTITY % c SYSTEM "{there.address}/dtd">%c;]>'
    )


def changed(
    package: bytes, changes: dict[str, Callable[[str], str]], more: dict[str, bytes] | None = None
) -> bytes:
    """A zipped document with some of its parts changed, and more parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, changes[name](data.decode()) if name in changes else data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return out.getvalue()


def with_doctype(there: Elsewhere) -> Callable[[str], str]:
    def change(text: str) -> str:
        head = re.match(r"(<\?xml.*?\?>\s*)?", text)
        assert head is not None
        return head[0] + entities(there) + text[head.end() :].replace("青年镇", "青年镇&a;&b;", 1)

    return change


def linked(there: Elsewhere, kinds: list[str]) -> Callable[[str], str]:
    """Relationships to elsewhere, added to a part's."""
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="far{number}" Type="{base}/{kind}" Target="{there.address}/{kind}" TargetMode="External"/>'
        for number, kind in enumerate(kinds)
    )
    return lambda text: text.replace("</Relationships>", f"{links}</Relationships>")


def docx(there: Elsewhere) -> bytes:
    picture = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> INCLUDEPICTURE "'
        f'{there.address}/include" \\d </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="far0"/></pic:blipFill>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    return changed(
        form_docx(CAMPAIGN, figures(), heading()),
        {
            "word/document.xml": lambda text: text.replace("<w:body>", f"<w:body>{picture}", 1),
            "word/_rels/document.xml.rels": linked(
                there, ["image", "attachedTemplate", "oleObject", "aFChunk", "frame"]
            ),
        },
        {"word/vbaProject.bin": b"macro"},
    )


def docx_with_entities(there: Elsewhere) -> bytes:
    return changed(form_docx(CAMPAIGN, figures(), heading()), {"word/document.xml": with_doctype(there)})


def xlsx(there: Elsewhere) -> bytes:
    connections = (
        '<connections xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><connection id="1" '
        f'name="x" type="4" refreshOnLoad="1"><webPr url="{there.address}/query"/></connection></connections>'
    )
    return changed(
        form_xlsx(CAMPAIGN, figures(remarks=f'=WEBSERVICE("{there.address}/web")'), heading()),
        {"xl/_rels/workbook.xml.rels": linked(there, ["externalLink", "image"])},
        {"xl/connections.xml": connections.encode(), "xl/vbaProject.bin": b"macro"},
    )


def xlsx_with_entities(there: Elsewhere) -> bytes:
    package = form_xlsx(CAMPAIGN, figures(), heading())
    parts = ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml")
    there_are = zipfile.ZipFile(io.BytesIO(package)).namelist()
    return changed(package, {one: with_doctype(there) for one in parts if one in there_are})


def html(there: Elsewhere) -> bytes:
    at = there.address
    return (
        f'<html><head><base href="{at}/"><link rel="stylesheet" href="{at}/css"><script src="{at}/js"></script>'
        f'<meta http-equiv="refresh" content="0;url={at}/refresh"></head><body background="{at}/back">'
        f'<iframe src="{at}/frame"></iframe><object data="{at}/object"></object><img src="{at}/image">'
        f'<img srcset="{at}/set 2x"><p style="background:url({at}/style)">青年镇开展情况</p>{ACCOUNT}</body></html>'
    ).encode()


def svg(there: Elsewhere) -> bytes:
    at = there.address
    return (
        f'<?xml version="1.0"?><?xml-stylesheet href="{at}/xsl" type="text/xsl"?>{entities(there)}'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:xi="http://www.w3.org/2001/XInclude"><image xlink:href="{at}/image" href="{at}/href"/>'
        f'<xi:include href="{at}/include"/><xi:include parse="text" href="file://{there.secret}"/>'
        f'<script href="{at}/js"/><text>&a;&b;青年镇</text></svg>'
    ).encode()


def excel_xml(there: Elsewhere) -> bytes:
    return (
        f'<?xml version="1.0"?>{entities(there)}<?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:xi="http://www.w3.org/2001/XInclude">'
        f'<Worksheet ss:Name="x"><Table><Row><Cell ss:HRef="{there.address}/cell"><Data ss:Type="String">'
        f'&a;&b;<xi:include href="{there.address}/include"/></Data></Cell></Row></Table></Worksheet></Workbook>'
    ).encode()


def open_document(there: Elsewhere, kind: str, body: str) -> bytes:
    out = io.BytesIO()
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "draw")
    )
    content = (
        f'<?xml version="1.0"?>{entities(there)}<office:document-content {spaces} '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:{kind}>{body}</office:{kind}>'
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


def odt(there: Elsewhere) -> bytes:
    image = f'<draw:frame><draw:image xlink:href="{there.address}/image"/></draw:frame>'
    return open_document(there, "text", f"<text:p>&a;&b;{image}{ACCOUNT}</text:p>")


def ods(there: Elsewhere) -> bytes:
    cell = f'<table:table-cell><text:p>&a;&b;</text:p></table:table-cell><table:table-source xlink:href="{there.address}/source"/>'
    return open_document(
        there,
        "spreadsheet",
        f'<table:table table:name="x"><table:table-row>{cell}</table:table-row></table:table>',
    )


def rtf(there: Elsewhere) -> bytes:
    at = there.address
    return (
        "{\\rtf1\\ansi{\\*\\template " + at + "/template}"
        '{\\field\\flddirty{\\*\\fldinst INCLUDEPICTURE "'
        + at
        + '/include" \\\\* MERGEFORMAT \\\\d}{\\fldrslt x}}'
        '{\\field{\\*\\fldinst INCLUDETEXT "' + at + '/text"}{\\fldrslt x}}'
        '{\\field{\\*\\fldinst DDEAUTO "cmd" "/c calc"}{\\fldrslt x}}'
        "{\\object\\objautlink\\objupdate{\\*\\objclass Word.Document.8}{\\*\\objdata 0105000002000000}}"
        "{\\*\\linkval " + at + "/link}" + "\\par " + "words " * 100 + "}"
    ).encode()


def message(there: Elsewhere) -> bytes:
    external = (
        f'Content-Type: message/external-body; access-type=URL; URL="{there.address}/external"\r\n\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return (
        "From: a@town.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html(there).decode()}\r\n--b\r\n{external}\r\n--b--\r\n"
    ).encode()


FILES: dict[str, Callable[[Elsewhere], bytes]] = {
    "青年镇.docx": docx,
    "青年镇实体.docx": docx_with_entities,
    "青年镇.xlsx": xlsx,
    "青年镇实体.xlsx": xlsx_with_entities,
    "网页.html": html,
    "图.svg": svg,
    "图.xml": svg,
    "表.xml": excel_xml,
    "表.xls": excel_xml,
    "开展情况.odt": odt,
    "表.ods": ods,
    "页.mht": html,
    "来信.eml": message,
}


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_fetched_while_a_file_is_read(tmp_path: Path, elsewhere: Elsewhere, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](elsewhere))
    ran = run("read", path, "--json")
    assert ran.status in (0, 1)
    assert elsewhere.asked == []
    assert SECRET not in ran.out + ran.err
    assert "Traceback" not in ran.err


@pytest.mark.integration
@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("name", ["开展情况.rtf", "开展情况.doc", "开展情况.wps"])
def test_nothing_is_fetched_by_libreoffice_either(
    tmp_path: Path, elsewhere: Elsewhere, name: str, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_office() is None:
        pytest.skip("no LibreOffice here")
    if not cut:  # a system that doesn't let the network be cut off
        monkeypatch.setattr(outside, "network_cut", lambda: ())
    path = tmp_path / name
    path.write_bytes(rtf(elsewhere))
    ran = run("read", path, "--json")
    assert ran.status == 0, ran.out
    assert elsewhere.asked == []


def by_a_plain_libreoffice(folder: Path, path: Path, to: str) -> Path:
    """What an office with the profile that it comes with makes of a document."""
    program, profile = find_office(), f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    assert program is not None
    command = [program, profile, "--headless", "--convert-to", to, "--outdir", str(folder / to), str(path)]
    for _ in range(2):  # the first start may only make the profile
        if not (folder / to / f"{path.stem}.{to}").exists():
            subprocess.run(command, capture_output=True, timeout=100, check=False)
    return folder / to / f"{path.stem}.{to}"


@pytest.mark.integration
def test_a_word_document_whose_picture_lies_elsewhere_is_read_without_it(
    tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_office() is None:
        pytest.skip("no LibreOffice here")
    source = tmp_path / "linked.fodt"
    source.write_text(flat_text_with_a_link(elsewhere))
    made = by_a_plain_libreoffice(tmp_path, source, "doc")
    elsewhere.asked.clear()
    by_a_plain_libreoffice(tmp_path, made, "docx")
    assert elsewhere.asked  # opened by an office as it comes, it would be fetched
    elsewhere.asked.clear()
    monkeypatch.setattr(outside, "network_cut", lambda: ())
    ran = run("read", made, "--json")
    assert (ran.status, ran.json[0]["kind"]) == (0, "narrative")
    assert elsewhere.asked == []


def flat_text_with_a_link(there: Elsewhere) -> str:
    names = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "text")}
    names |= {"draw": names["text"].replace("text", "drawing"), "xlink": "http://www.w3.org/1999/xlink"}
    names |= {"svg": names["text"].replace("text", "svg-compatible")}
    spaces = " ".join(f'xmlns:{name}="{place}"' for name, place in names.items())
    return (
        f'<?xml version="1.0"?><office:document {spaces} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>'
        f'<text:p>{ACCOUNT}<draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="3cm">'
        f'<draw:image xlink:href="{there.address}/image.jpg" xlink:type="simple" xlink:actuate="onLoad"/>'
        "</draw:frame></text:p></office:text></office:body></office:document>"
    )


@pytest.mark.integration
def test_what_is_sent_on_holds_nothing_active(tmp_path: Path, elsewhere: Elsewhere) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    office_at = bureau(folder)
    tagged = PIXEL[:2] + b"\xff\xfe\x00\x20<script>" + b"x" * 22 + PIXEL[2:] + b"PK\x03\x04trailing<script>"
    files = [
        (name, make(elsewhere))
        for name, make in FILES.items()
        if "实体" not in name and name != "青年镇.xlsx"
    ]
    raw = mail(*files, ("照片.jpg", tagged), sender=addresses()["qingnian"], text=ACCOUNT)
    page = base64.b64encode(html(elsewhere)).decode()
    office_at.post(raw)
    office_at.post(mail(sender="zhang@personal.example", text=f"<script>{page[:50]}"))
    assert office_at.run("poll").status == 0
    assert office_at.run("digest", "--send", now="2024-03-01T11:00").status == 0
    assert office_at.run("merge", now="2024-03-01T12:00").status == 1
    assert elsewhere.asked == []
    for letter in office_at.letters():
        assert not list(letter.iter_attachments())
        assert elsewhere.address.encode() not in letter.as_bytes()
    final = office_at.folder / "archive" / "winter-warmth" / "final"
    for path in final.glob("*.*x"):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                data = package.read(name)
                assert b"<script>" not in data
                assert elsewhere.address.encode() not in data
                assert b"External" not in data or not name.endswith(".rels")
                if name.startswith("word/media/"):
                    assert data[:2] == b"\xff\xd8" and data.rstrip(b"\0").endswith(b"\xff\xd9")
