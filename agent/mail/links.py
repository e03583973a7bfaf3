"""Files that came as a link only (超大附件, 网盘): the mail shows no attachment at all, and the link runs out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.base.findings import Finding
from agent.campaign.yamlfile import packaged

MOST = 1_000_000  # characters of a text that are looked at
NEAR = 2  # lines before and behind a link that may say what it is
LONGEST = 300  # characters of such a line
SOME_CLOUD = "网盘或超大附件"


def linked_files(text: str, html: str) -> tuple[Finding, ...]:
    """One finding for each service whose link stands in the mail, known by its host or by the words around it.

    The links are never followed.
    """
    body = f"{text[:MOST]}\n{_lines_of(html[:MOST])}"
    named = list(_by_host(body))
    names = named or ([SOME_CLOUD] if any(_by_words(body)) else [])
    return tuple(
        Finding(
            "error",
            "not_supported",
            f"邮件里有{name}的链接。链接会过期，系统不下载链接里的文件，请把文件作为普通附件重新发送（照片可分几封发）。",
        )
        for name in names
    )


@lru_cache(1)
def _known() -> Mapping[str, Any]:
    known: Mapping[str, Any] = packaged(Path(__file__).parent / "data" / "links.yaml")
    return known


def _by_host(body: str) -> Iterator[str]:
    for name, patterns in _known()["hosts"].items():
        address = rf"https?://(?:[a-z0-9.-]{{0,80}}\.)?(?:{'|'.join(patterns)})"
        if re.search(address, body, re.IGNORECASE):
            yield name


def _by_words(body: str) -> Iterator[str]:
    """The lines of links beside which a word says that a file is behind them."""
    lines = [line for line in body.split("\n") if line.strip()]
    for at, line in enumerate(lines):
        if _LINK.search(line):
            near = "".join(one[:LONGEST] for one in lines[max(0, at - NEAR) : at + NEAR + 1])
            if any(word in near for word in _known()["words"]):
                yield line


def _lines_of(html: str) -> str:
    """A page's text with its links' addresses, a block a line."""
    shown = _ANCHOR.sub(r" \1 ", html)
    return _TAG.sub("", _BLOCK.sub("\n", shown))


_ANCHOR = re.compile(r"<a\b[^<>]{0,500}?href=[\"'](https?://[^\"'<>]{1,2000})[^<>]{0,2000}>", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:br|/p|/div|/tr|/li|/td|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def without_links(text: str) -> str:
    """The text without links and without the lines that mail programs and cloud drives write around them."""
    lines = (_LINK.sub("", line) for line in text.split("\n"))
    return "\n".join(line for line in lines if len(line) > _LONGEST_LINE or not _AROUND_LINKS.search(line))


_LINK = re.compile(r"https?://\S+")
_AROUND_LINKS = re.compile(
    r"超大附件|云附件|网盘|云盘|微云|提取码|访问码|到期|有效期|过期|\(\s*\d[\d.]*\s*[KMG]B?\b|（\s*\d[\d.]*\s*[KMG]B?\b",
    re.IGNORECASE,
)
_LONGEST_LINE = 100
"""Characters: a longer line is an account in which such a word may stand."""
