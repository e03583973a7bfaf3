"""A document that is a zip of XML parts (.xlsx, .docx, .ods): its parts, bounded and without external entities."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from agent.reading.limits import Budget
from agent.reading.refusals import damaged

if TYPE_CHECKING:
    from lxml.etree import _Element

PICTURE_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".png",
    ".bmp",
    ".tif",
    ".tiff",
    ".gif",
    ".webp",
    ".heic",
)
RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to: of what kind (worksheet, styles), and which part; that may be missing."""

    kind: str
    part: str


class Package:
    """The parts of a zipped document by name, read on demand; every byte is charged to the budget once."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _DAMAGE as error:
            raise damaged() from error
        self._infos = {info.filename.replace("\\", "/").lstrip("/"): info for info in self._zip.infolist()}
        self._read: dict[str, bytes] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parts' names in the file's order, with forward slashes and none in front."""
        return tuple(name for name, info in self._infos.items() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """A part's bytes.

        Raises:
            Unreadable: ``unreadable`` for a part that is missing or damaged, ``too_large`` over the budget.
        """
        if name not in self._read:
            info = self._infos.get(name)
            if info is None:
                raise damaged()
            self._budget.spend_bytes(info.file_size)
            try:
                self._read[name] = _transitional(name, self._zip.read(info))
            except _DAMAGE as error:
                raise damaged() from error
        return self._read[name]

    def xml(self, name: str) -> _Element:
        """A part as XML; one with a document type is refused."""
        return parse_xml(self.read(name))

    def find(self, name: str) -> str | None:
        """The part of that name as the file spells it: case and %20 make no difference."""
        if name in self._infos:
            return name
        return self._spelt.get(unquote(name).lower())

    @cached_property
    def _spelt(self) -> Mapping[str, str]:
        return {unquote(name).lower(): name for name in reversed(self.names)}

    def relations(self, name: str = "") -> Mapping[str, Relation]:
        """What a part, or without a name the whole, refers to inside the package, by the reference's id."""
        folder, file = posixpath.split(name)
        rels = self.find(posixpath.join(folder, "_rels", f"{file}.rels"))
        found = {}
        for one in self.xml(rels).iter(f"{RELATIONSHIPS}Relationship") if rels else ():
            target = one.get("Target", "").replace("\\", "/").partition("#")[0]
            if one.get("TargetMode") != "External" and target:
                inside = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                part = posixpath.normpath(inside)
                kind = one.get("Type", "").rpartition("/")[2]
                found[one.get("Id", "")] = Relation(kind, self.find(part) or part)
        return found

    def relationships(self, name: str) -> Mapping[str, str]:
        """The ids of what a part refers to inside the package, each with the target part's name."""
        return {id: one.part for id, one in self.relations(name).items()}

    def pictures_under(self, *folders: str) -> tuple[str, ...]:
        """The names of the pictures in these folders, in the order of their numbers."""
        names = [
            name
            for name in self.names
            if name.lower().endswith(PICTURE_SUFFIXES) and any(name.startswith(f"{one}/") for one in folders)
        ]
        return tuple(sorted(names, key=lambda name: (len(name), name)))


def _transitional(name: str, part: bytes) -> bytes:
    """A part with the names that everybody uses, where it was saved as Strict Open XML (ISO/IEC 29500 strict)."""
    if not name.lower().endswith((".xml", ".rels")) or _STRICT_SIGN not in part:
        return part
    return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", part)


_STRICT_SIGN = b"http://purl.oclc.org/ooxml/"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")


def parse_xml(data: bytes) -> _Element:
    """XML without entities, comments and instructions, without network, without a document type.

    Raises:
        Unreadable: ``unreadable``.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged() from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise damaged()
    return root
