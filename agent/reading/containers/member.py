"""A file inside a container, under a name that leads nowhere else."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from agent.base.errors import Unreadable
from agent.base.unseen import acts
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.refusals import too_large

_IGNORED = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|~\$|\.~|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its cleaned path, and its bytes, or why there are none."""

    name: str
    data: bytes = field(repr=False, default=b"")
    refusal: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive's files, and whether some of them are behind a password."""

    members: tuple[Member, ...]
    encrypted: bool = False


def wanted(name: str) -> bool:
    """Whether a member is somebody's file, and nothing that a system put there for itself."""
    return not _IGNORED.search(name)


_PHOTO, _FILM = (".heic", ".heif", ".jpg", ".jpeg", ".png"), ".mov"


def beside_photos(names: Collection[str]) -> frozenset[str]:
    """Of several files, the films that are part of a photo of the same name, as phones take them (Live Photo).

    Their sender knows of one photo only.
    """
    stems = {_stem(name) for name in names if name.lower().endswith(_PHOTO)}
    return frozenset(name for name in names if name.lower().endswith(_FILM) and _stem(name) in stems)


def once(names: Collection[str]) -> frozenset[str]:
    """Of the files in one such photo that was packed for sending (.livp), all but its first picture."""
    photos = [name for name in names if name.lower().endswith(_PHOTO)]
    return frozenset(photos[1:]) | beside_photos(names)


def _stem(name: str) -> str:
    """A name without its suffixes, in which one program writes a photo's kind twice (IMG_1.HEIC.jpg)."""
    return re.sub(r"(?:\.(?:heic|heif|jpe?g|png|mov))+$", "", name.lower())


def over_the_bound(size: int, budget: Budget) -> Unreadable | None:
    """The refusal of one file over the bound for files; None where it is within."""
    most = budget.limits.file_bytes
    return too_large(f"超过 {most // MEGABYTE} MB") if size > most else None


def decoded_name(raw: bytes) -> str | None:
    """A name's bytes strictly as UTF-8, else as Windows in Chinese writes them; None where they are neither."""
    for name in ("utf-8", "gb18030"):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def clean_path(name: str) -> str:
    """A path with forward slashes, relative, without dots, drive letters and control characters."""
    name = "".join(one for one in name if not acts(one))
    parts = [part.strip() for part in re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", name))]
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "未命名"
