"""What the archive is read with: config.yaml, the rules, the units, the operator's own templates, as they stand.

In a backup all of it lies in one folder. A path of config.yaml that leads out of its own folder is therefore
changed in the copy: unpacked on the same machine, it would else work on the archive that it was copied from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agent.keeping.bundle import Item
from agent.keeping.workspace import Workplace

CONFIG = "config.yaml"
ARCHIVE, RULES, TEMPLATES = "archive", "rules", "templates"
HOW_TO = "恢复办法.txt"

WORDS = """\
这是{title}的 report-agent 备份，里面有收到的全部材料、台账、设置和规则，没有密码（授权码）。
内有个人信息，请放在只有自己能打开的地方。

恢复：
1. 装好 report-agent，把这个压缩包全部解压到一个空文件夹，作为工作文件夹。
2. 在那里依次运行：
     report-agent rebuild
     report-agent rebuild --verify
3. 设好邮箱的授权码，运行 report-agent check，再启动值守。

备份以后到的邮件会从邮箱重新收来；备份以后作的决定要重作。
"""


def work_folder(work: Workplace) -> Iterator[Item]:
    """The files with their places in the backup."""
    settings = work.settings
    moved = {
        "campaign": _place(work, settings.campaign, RULES),
        "units": _place(work, settings.units, RULES),
        "archive": ARCHIVE,
    }
    own = settings.path(settings.templates or Path(TEMPLATES))
    if settings.templates is not None:
        moved["templates"] = TEMPLATES
    yield Item(CONFIG, _config(work, moved).encode())
    yield Item(moved["campaign"], settings.path(settings.campaign))
    yield Item(moved["units"], settings.path(settings.units))
    for path in sorted(own.rglob("*")) if own.is_dir() else ():
        if path.is_file():
            yield Item(f"{TEMPLATES}/{path.relative_to(own).as_posix()}", path)
    yield Item(HOW_TO, WORDS.format(title=work.campaign.title).replace("\n", "\r\n").encode("utf-8-sig"))


def _place(work: Workplace, written: Path, folder: str) -> str:
    """Where the file goes in the backup: its own place, where that is within the working folder."""
    path, base = work.settings.path(written), work.settings.path(Path())
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else f"{folder}/{path.name}"


def _config(work: Workplace, moved: dict[str, str]) -> str:
    """config.yaml as it stands; only a path that would lead elsewhere is changed, and what it was stands beside."""
    text = work.settings.file.read_text("utf-8-sig")
    for key, place in moved.items():
        written = getattr(work.settings, key)
        if Path(place) != written:
            text, changed = re.subn(
                rf"^{key}:[^\n]*$", f"{key}: {place}   # 备份时改，原为 {written}", text, flags=re.MULTILINE
            )
            if not changed:
                text += f"\n{key}: {place}\n"
    return text
