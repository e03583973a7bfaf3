"""`check`: the configuration, the rules, the templates, then each connection; one line each, with what to do."""

from __future__ import annotations

import datetime as dt
import fnmatch
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.base.errors import AgentError, in_words
from agent.campaign.settings import Settings, load_settings
from agent.keeping.workspace import Workplace
from agent.letters.samples import failing_templates
from agent.mail.connection import Checked

CONFIGURATION, UNREACHABLE = 2, 3


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked; ``exit_status`` is the command's where it failed.

    ``lacking``: it works without, but there is something to know.
    """

    ok: bool
    what: str
    advice: str = ""
    exit_status: int = CONFIGURATION
    lacking: bool = False

    @property
    def mark(self) -> str:
        return "✗" if not self.ok else "○" if self.lacking else "✓"


def check_all(config: Path, now: dt.datetime | None = None) -> list[Line]:
    """Everything in turn; what depends on something that failed is left out."""
    lines: list[Line] = []
    try:
        settings = load_settings(config)
        lines.append(Line(True, f"设置 {config}"))
        work = Workplace.open(settings)
    except AgentError as error:
        return [*lines, Line(False, "设置或规则", str(error))]
    form, deadline = work.campaign.form, work.campaign.deadline
    lines.append(Line(True, f"规则：{work.campaign.title}，{len(form.fields)} 个项目，截止 {deadline}"))
    lines.append(_letters(work))
    lines.extend(_readers())
    archive = _archive(work)
    lines.append(archive)
    if archive.ok:
        lines.append(_report(work, now or dt.datetime.now(work.zone)))
        lines.extend(_units(work))
        lines.extend(_senders(work))
    return [*lines, *_connections(settings)]


def _letters(work: Workplace) -> Line:
    problems = failing_templates(work.letters, work.campaign)
    return Line(not problems, "信件模板", "\n    ".join(problems))


def _readers() -> Iterator[Line]:
    """What some formats need; without it their senders are asked for another one, so none of it is a failure."""
    from agent.reading.needs import cuts_the_network, needs

    for need in needs():
        if need.found is None:
            said = f"没有 {need.name}：{need.reads}读不了，会请对方改发（{need.get}）"
            yield Line(True, said, lacking=True)
        else:
            yield Line(True, f"{need.name}（{need.reads}）")
    if not cuts_the_network():
        said = "外部程序没有与网络隔开：本机不允许，它们仍受时间和内存限制"
        yield Line(True, said, lacking=True)


def _archive(work: Workplace) -> Line:
    """Whether the archive can be written, and its ledger opened."""
    what = f"归档文件夹 {work.archive.folder}"
    try:
        work.archive.write(work.archive.folder / ".check", b"")
        (work.archive.folder / ".check").unlink()
        work.ledger.last_seq()
    except OSError as error:
        return Line(False, what, f"写不进去（{in_words(error)}）：请检查 archive 的路径、磁盘空间和权限")
    except AgentError as error:
        return Line(False, what, str(error))
    return Line(True, what)


def _report(work: Workplace, now: dt.datetime) -> Line:
    """The report's template, filled with what is there."""
    from agent.report.document import report_document
    from agent.report.merge import merge
    from agent.report.words import titles

    overview = work.overview(now)
    named = titles(overview.campaign, overview.is_complete)
    try:
        report_document(overview, merge(overview), named, work.template_folders)
    except AgentError as error:
        return Line(False, "汇总报告模板", str(error))
    return Line(True, "汇总报告模板")


def _units(work: Workplace) -> Iterator[Line]:
    required = [unit for unit in work.listed.units if unit.required]
    without = [unit.name for unit in work.register().units if unit.required and not unit.senders]
    yield Line(True, f"单位：{len(work.listed.units)} 个，其中应报 {len(required)} 个")
    yield from (Line(False, f"单位 {one.unit} 的材料", one.words) for one in work.strays())
    if without:
        yield Line(
            True,
            f"还没有登记邮箱的单位：{'、'.join(without)}（首次来信会待核，用 review accept 编号 --register 登记）",
            lacking=True,
        )


LOOKED_AT = 50
"""So many of the newest mails are looked into for who writes results of authentication."""

_OTHERWISE = {"accept": "照收", "hold": "待核", "verify": "核对 DKIM 签名，不能证实的待核"}


def _senders(work: Workplace) -> Iterator[Line]:
    """What proves a sender, and who has written results so far."""
    asked = work.settings.authentication
    whose = f"以 {asked.trust} 写的结果为准" if asked.trust else "以信头最上面一行的结果为准"
    yield Line(True, f"发件人验证：{whose}；没有结果的{_OTHERWISE[asked.otherwise]}")
    seen, mails = _results_seen(work)
    written = "、".join(f"{name}（{count} 封）" for name, count in seen.most_common(5))
    if asked.trust and mails and not any(fnmatch.fnmatchcase(one, asked.trust.casefold()) for one in seen):
        found = f"写了结果的是：{written}" if written else "都没有验证结果"
        yield Line(
            True,
            f"最近 {mails} 封来信里没有 {asked.trust} 写的结果，{found}。请核对 authentication.trust",
            lacking=True,
        )
    elif asked.trust and "*" not in asked.trust and mails and not _proves_any(work, asked.trust):
        yield Line(
            True,
            f"{asked.trust} 的结果都写在信头第一行 Received 下面，不能证明来信是本人的。"
            f'如服务商确实写在那里，请把 authentication.trust 写成 "{asked.trust}*"',
            lacking=True,
        )
    if not asked.trust and written:
        yield Line(
            True,
            f"最近 {mails} 封来信的验证结果由这些服务器写：{written}。把服务商的那个写进 authentication.trust",
            lacking=True,
        )
    if asked.otherwise == "verify":
        yield _name_servers(work.settings.address.rpartition("@")[2])


def _results_seen(work: Workplace) -> tuple[Counter[str], int]:
    """In how many of the newest mails each server has written results, and how many mails these are."""
    from agent.base.mime import head_of
    from agent.mail.authentication import authserv_id

    mails = (one.sha256 for one in work.ledger.each_message(newest_first=True))
    newest = list(itertools.islice(filter(work.archive.has_raw, mails), LOOKED_AT))
    seen: Counter[str] = Counter()
    for sha256 in newest:
        headers = head_of(work.archive.raw(sha256)).undecoded
        lines = {authserv_id(value) for name, value in headers if name.lower() == "authentication-results"}
        seen.update(one for one in lines if one)
    return seen, len(newest)


def _proves_any(work: Workplace, trust: str) -> bool:
    """Whether that server has written results above every Received header in one of the newest mails."""
    from agent.mail.authentication import authserv_id
    from agent.mail.message import parse_head

    mails = (one.sha256 for one in work.ledger.each_message(newest_first=True))
    for sha256 in itertools.islice(filter(work.archive.has_raw, mails), LOOKED_AT):
        message = parse_head(work.archive.head(sha256))
        above = message.authentication[: message.above]
        if any(authserv_id(line) == trust.casefold() for line in above):
            return True
    return False


def _name_servers(domain: str) -> Line:
    from agent.mail.signature import Unanswered, key_in_dns

    try:
        key_in_dns(f"{domain}.")
    except Unanswered:
        advice = "域名服务器没有应答，来信的签名无法核对，会等到有应答为止（最多一天，之后待核）。请检查本机的 DNS 设置"
        return Line(False, "查询签名公钥的域名服务器", advice, UNREACHABLE)
    return Line(True, "查询签名公钥的域名服务器")


def _connections(settings: Settings) -> Iterator[Line]:
    from agent.mail.ways import open_inbox, open_outbox

    for name, opened in (("收件", open_inbox), ("发件", open_outbox)):
        try:
            checked: list[Checked] = opened(settings).check()
        except AgentError as error:
            yield Line(False, name, str(error), error.exit_status)
            continue
        for one in checked:
            yield Line(one.ok, f"{name}：{one.what.removeprefix(name).lstrip()}", one.advice, UNREACHABLE)
