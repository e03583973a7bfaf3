"""What all sheets of an Excel workbook share: which sheets there are, the styles, the shared texts."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from agent.base.errors import Unreadable
from agent.reading.formats.package import Package, Relation, parse_xml
from agent.reading.formats.xlsx.conditions import Differing, differing_looks
from agent.reading.formats.xlsx.styles import (
    MAIN,
    Look,
    Palette,
    Style,
    is_on,
    local,
    look_of,
    palette_of,
    styles_of,
)
from agent.reading.refusals import damaged

if TYPE_CHECKING:
    from lxml.etree import _Element

Text = str | tuple["Run", ...]
"""A cell's text: plain, or in runs with looks of their own."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a cell's text. ``look`` is None where it has the cell's."""

    text: str
    look: Look | None


@dataclass(frozen=True, slots=True)
class Book:
    """What all sheets share.

    Attributes:
        sheets: each one's part, its title, and whether it is hidden.
        differing: what the formats that conditions give make of a cell.
        recalculates: the file asks to be calculated anew when it is opened: its stored zeros are no results.
    """

    sheets: tuple[tuple[str, str, bool], ...]
    styles: tuple[Style, ...]
    differing: tuple[Differing | None, ...]
    texts: tuple[Text, ...]
    since_1904: bool
    recalculates: bool
    palette: Palette


def read_book(package: Package) -> Book:
    """Raises:
    Unreadable, LookupError, ValueError: damaged.
    """
    name = _part(package, "", "officeDocument", "sheet.main+xml", "xl/workbook.xml")
    if name is None:
        raise damaged()
    root, relations = parse_xml(utf8(package.read(name))), package.relations(name)
    folder = posixpath.dirname(name)
    strings = _part(package, name, "sharedStrings", "sharedStrings+xml", f"{folder}/sharedStrings.xml")
    styles = _part(package, name, "styles", "spreadsheetml.styles+xml", f"{folder}/styles.xml")
    styling = utf8(package.read(styles)) if styles else None
    sheets = tuple(_listed(root, relations))
    if not sheets or any(part not in package.names for part, _, _ in sheets):
        raise damaged()
    properties, calculation = root.find(f"{MAIN}workbookPr"), root.find(f"{MAIN}calcPr")
    palette = palette_of(styling, _theme(package, name))
    return Book(
        sheets,
        styles_of(styling, palette),
        differing_looks(parse_xml(styling), palette) if styling and b"dxf>" in styling else (),
        tuple(_texts(utf8(package.read(strings)), palette)) if strings else (),
        since_1904=properties is not None and is_on(properties.get("date1904")),
        recalculates=calculation is not None and _asks_anew(calculation),
        palette=palette,
    )


def _theme(package: Package, book: str) -> _Element | None:
    """The theme, where there is one that can be read: no figure depends on more than its colours."""
    part = _part(package, book, "theme", "theme+xml", f"{posixpath.dirname(book)}/theme/theme1.xml")
    with contextlib.suppress(Unreadable):
        return package.xml(part) if part is not None and part in package.names else None
    return None


def _asks_anew(calculation: _Element) -> bool:
    """Whether what is stored is to be worked out anew, or was never worked out to its end."""
    asked = is_on(calculation.get("fullCalcOnLoad")) or is_on(calculation.get("forceFullCalc"))
    return asked or not is_on(calculation.get("calcCompleted", "1"))


_NO_CELLS = ("chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")


def _listed(root: _Element, relations: Mapping[str, Relation]) -> Iterator[tuple[str, str, bool]]:
    """Each sheet of cells: its part, its title, and whether it is hidden."""
    for sheet in root.iterfind(f"{MAIN}sheets/{MAIN}sheet"):
        ids = [str(value) for key, value in sheet.attrib.items() if str(key).endswith("}id")]
        relation = relations[ids[0]]
        if relation.kind not in _NO_CELLS:
            yield relation.part, sheet.get("name", ""), sheet.get("state", "visible") != "visible"


def _part(package: Package, of: str, relation: str, kind: str, usual: str) -> str | None:
    """A part by its relation to another, else by the list of all parts' types, else by its usual name."""
    related = [one.part for one in package.relations(of).values() if one.kind == relation]
    listed = package.find("[Content_Types].xml")
    types = package.xml(listed).iter("{*}Override") if listed else ()
    typed = [
        one.get("PartName", "").lstrip("/") for one in types if one.get("ContentType", "").endswith(kind)
    ]
    found = (package.find(one) for one in (*related, *typed, usual))
    return next((one for one in found if one is not None), None)


def utf8(part: bytes) -> bytes:
    """An XML part in UTF-8; one with a document type is refused."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        coding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(part[:2], "utf-16")
        part = re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", part.decode(coding, "replace")).encode()
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise damaged()
    return part


def elements(part: bytes, root: str, *names: str) -> Iterator[_Element]:
    """The elements of those names, each whole, and gone once the next is asked for.

    Raises:
        Unreadable, XMLSyntaxError: damaged; or the root has another name.
    """
    from lxml import etree

    events = etree.iterparse(
        BytesIO(part),
        tag=[MAIN + name for name in names],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    if events.root is None or events.root.tag != MAIN + root:
        raise damaged()


def _texts(part: bytes, palette: Palette) -> Iterator[Text]:
    """The shared strings."""
    return (text_of(one, palette) for one in elements(part, "sst", "si"))


def text_of(item: _Element, palette: Palette) -> Text:
    runs: list[Run] = []
    for one in item:
        match local(one):
            case "t":
                runs.append(Run(_unmarked(one.text), None))
            case "r":
                runs.append(_run(one, palette))
    if all(one.look is None for one in runs):
        return "".join(one.text for one in runs)
    return tuple(runs)


def _run(item: _Element, palette: Palette) -> Run:
    text, look = "", None
    for one in item:
        match local(one):
            case "t":
                text += _unmarked(one.text)
            case "rPr":
                look = look_of(one, palette)
    return Run(text, look)


def _unmarked(text: str | None) -> str:
    return (text or "").replace("x005F_", "")
