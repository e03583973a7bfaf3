"""The commands: arguments in, terminal out; no logic. Names, options and exit statuses are a promise to other programs.

Standard output carries the answer, standard error everything else. What a command needs is imported inside it, so
that `--help` starts at once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from agent.base.errors import AgentError, UsageError, in_words
from agent.base.line import without_content
from agent.base.logbook import keep_quiet, kept, without_messages
from agent.cli.usage import Commands, Config, Now, complaint

if TYPE_CHECKING:
    from agent.campaign.settings import Settings
    from agent.dossier.submission import Ruling
    from agent.keeping.workspace import Workplace

DONE, ATTENTION, USAGE, UNREACHABLE = 0, 1, 2, 3

app = Commands(
    name="report-agent",
    help="报送邮箱值守：收信、校核、归档、回信、日报、催报、汇总。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
review = Commands(help="列出待核事项，并作出决定。", no_args_is_help=False)
app.add_typer(review, name="review", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="理由，记入台账。")]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="由谁决定（默认：联系人）。", show_default=False)
]


def main() -> None:
    """The entry point. Errors end in one message; nobody but the maintainers sees a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    keep_quiet()
    try:
        sys.exit(app(prog_name="report-agent", standalone_mode=False) or DONE)
    except TyperException as error:
        _say(complaint(error))
        sys.exit(USAGE)
    except AgentError as error:
        _say(f"错误：{error}")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(DONE)
    except OSError as error:
        _say(f"错误：{error.filename or '磁盘'}：{in_words(error)}。")
        sys.exit(USAGE)
    except Exception as error:
        _stop_for(error)


@app.callback()
def everywhere(config: Config = None, now: Now = None) -> None:
    """报送邮箱值守：收信、校核、归档、回信、日报、催报、汇总。"""
    del config, now  # each command finds them, wherever they were given


@app.command()
def demo(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="结果放在哪里（默认 ./demo-output）。", show_default=False),
    ] = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """演示：在内置邮件服务器上，用虚构的一个区，把全过程走一遍。不用任何设置。"""
    del config, now
    from agent.demo.run import run_demo

    run_demo(out or Path("demo-output"), _say)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="新建的工作文件夹。")],
    config: Config = None,
    now: Now = None,
) -> None:
    """建立工作文件夹：config.yaml、rules/、templates/。"""
    del config, now
    from agent.cli.init import lay_out

    print("\n".join(lay_out(folder)))


@app.command()
def check(config: Config = None, now: Now = None) -> None:
    """检查设置、规则、模板和每个连接，逐项说明怎么办。"""
    from agent.cli.check import check_all

    lines = check_all(config or Path("config.yaml"), now)
    for line in lines:
        print(f"{line.mark} {line.what}" + (f"\n    {line.advice}" if line.advice else ""))
    if not all(line.ok for line in lines):
        raise typer.Exit(next(line.exit_status for line in lines if not line.ok))


@app.command()
def run(config: Config = None, now: Now = None) -> None:
    """值守：按时间表收信、回信、发日报和催报，直到停止（SIGTERM 或 Ctrl+C）。"""
    import signal

    from agent.service.loop import Service

    work, clock = _open(config, now, moving=True)
    with work.archive.locked(), kept(work.archive.folder):
        service = Service(work, clock, _say)
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: service.end())
        _say(f"开始值守：{work.campaign.title}，每 {work.settings.schedule.poll_minutes} 分钟收一次信。")
        service.run()
        _say("已停止。")


@app.command()
def poll(config: Config = None, now: Now = None, json: Json = False) -> None:
    """收一次信：取信、校核、归档、回信。"""
    from dataclasses import asdict

    from agent.service.loop import Service

    work, clock = _open(config, now)
    with work.archive.locked(), kept(work.archive.folder):
        done = Service(work, clock, _say).poll()
    if json:
        _print_json({"new": done.intake.new, "dispatch": asdict(done.dispatch)})
    else:
        print(f"新邮件 {done.intake.new} 封，发出信件 {done.dispatch.sent} 封。")
    if done.dispatch.trouble:
        _say(f"信件没能发出：{done.dispatch.trouble}")
    if done.dispatch.postponed:
        why = f"（{done.dispatch.put_off}）" if done.dispatch.put_off else ""
        _say(f"暂缓 {done.dispatch.postponed} 封信，稍后再发{why}。")
    raise typer.Exit(DONE if done.went_well else ATTENTION)


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="要读的文件。")],
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """读给你看：程序从这些文件里读出什么。不保存，不发送。"""
    del now
    from agent.reading.apart.apart import prepare

    prepare("files", *_will_import(files))
    from agent.cli.read_files import has_unreadable, read_files

    campaign, register = _rules(config)
    readings = read_files(files, campaign, register)
    if json:
        _print_json([reading.as_json() for reading in readings])
    else:
        from agent.cli.show_reading import show_readings

        show_readings(readings, campaign)
    raise typer.Exit(ATTENTION if has_unreadable(readings) else DONE)


@app.command()
def status(config: Config = None, now: Now = None, json: Json = False) -> None:
    """各单位报送了什么，还缺什么。"""
    work, clock = _open(config, now)
    overview = work.overview(clock())
    if json:
        _print_json(overview.as_json())
    else:
        from agent.base.masked import masked
        from agent.cli.show_status import show_status

        show_status(masked(overview, work.settings.contact.phone))


@review.callback()
def review_list(context: typer.Context, config: Config = None, now: Now = None, json: Json = False) -> None:
    """列出待核事项；用子命令作出决定。"""
    if context.invoked_subcommand is not None:
        return
    work, clock = _open(config, now)
    overview = work.overview(clock())
    if json:
        _print_json(overview.as_json()["held"])
    else:
        from agent.base.masked import masked
        from agent.cli.show_status import show_review

        show_review(masked(overview, work.settings.contact.phone))


Unit = Annotated[str, typer.Argument(metavar="UNIT", help="单位的代号或名称。")]
HeldId = Annotated[str, typer.Argument(metavar="ID", help="待核编号，如 H3。")]
Register = Annotated[bool, typer.Option("--register", help="把发件邮箱登记给该单位。")]


@review.command("accept")
def review_accept(
    held: HeldId,
    register: Register = False,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """接受：归入系统推断的单位。"""
    from agent.handling.decisions import accept

    _decide(config, now, by, reason, lambda work, ruling: accept(work, held, ruling, register=register))


@review.command("reject")
def review_reject(
    held: HeldId,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """退回：不计入。"""
    from agent.handling.decisions import reject

    _decide(config, now, by, reason, lambda work, ruling: reject(work, held, ruling))


@review.command("retry")
def review_retry(
    failed: Annotated[str, typer.Argument(metavar="ID", help="处理失败的邮件的编号，如 F1a2b3c4d。")],
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """处理失败的邮件，重新处理一次。"""
    from agent.handling.retrying import retry

    _decide(config, now, by, reason, lambda work, ruling: retry(work, failed, ruling))


@review.command("assign")
def review_assign(
    held: HeldId,
    unit: Unit,
    register: Register = False,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """归入指定的单位。"""
    from agent.handling.decisions import assign

    _decide(
        config,
        now,
        by,
        reason,
        lambda work, ruling: assign(work, held, unit, ruling, register=register),
    )


@review.command("confirm")
def review_confirm(
    unit: Unit,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """确认：等待确认的统计表（识别自图片，或未标合计的多行相加）。"""
    from agent.handling.decisions import confirm

    _decide(config, now, by, reason, lambda work, ruling: confirm(work, unit, ruling))


@review.command("override")
def review_override(
    unit: Unit,
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="项目的代号，或者表上的名称（上级栏目/栏目）。")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="数值，按表上的计量单位。")],
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """改定一个数。"""
    from agent.handling.decisions import override

    _decide(config, now, by, reason, lambda work, ruling: override(work, unit, field, value, ruling))


@review.command("close")
def review_close(
    unit: Unit,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """了结：该单位的待核实事项。"""
    from agent.handling.decisions import close

    _decide(config, now, by, reason, lambda work, ruling: close(work, unit, ruling))


ItemId = Annotated[str, typer.Argument(metavar="ID", help="未了事项的编号，如 Q5。")]


@review.command("settle")
def review_settle(
    item: ItemId,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """了结：来信询问、要求延期、信里说的更正、退信等，办完以后不再列出。"""
    from agent.handling.decisions import settle

    _decide(config, now, by, reason, lambda work, ruling: settle(work, item, ruling))


@review.command("hand-in")
def review_hand_in(
    unit: Unit,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="代交的文件。")],
    anyway: Annotated[bool, typer.Option("--anyway", help="表上写的是别的单位，也照样登记。")] = False,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """代交：把别的途径收到的文件登记给该单位；单位写 all，则把一张总表里各单位的数分别登记。"""
    from agent.handling.handing_in import ALL_UNITS, hand_in, hand_in_table

    if unit in ALL_UNITS:
        _decide(config, now, by, reason, lambda work, ruling: hand_in_table(work, files, ruling))
    else:
        _decide(
            config, now, by, reason, lambda work, ruling: hand_in(work, unit, files, ruling, anyway=anyway)
        )


@review.command("withdraw")
def review_withdraw(
    unit: Unit,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """撤回：该单位已报的统计表，等待重报。"""
    from agent.handling.decisions import withdraw

    _decide(config, now, by, reason, lambda work, ruling: withdraw(work, unit, ruling))


@review.command("extend")
def review_extend(
    unit: Unit,
    date: Annotated[str, typer.Argument(metavar="DATE", help="新的期限，如 2024-03-08。")],
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """延期：改该单位的报送期限。"""
    from agent.handling.decisions import extend

    _decide(config, now, by, reason, lambda work, ruling: extend(work, unit, date, ruling))


@review.command("reopen")
def review_reopen(reason: Reason = "", by: By = None, config: Config = None, now: Now = None) -> None:
    """重新打开：定稿以后还要改时。"""
    from agent.handling.decisions import reopen

    _decide(config, now, by, reason, lambda work, ruling: reopen(work, ruling))


@app.command()
def digest(
    config: Config = None,
    now: Now = None,
    send: Annotated[bool, typer.Option("--send", help="发给联系人。")] = False,
) -> None:
    """日报：打印；加 --send 则发出。"""
    from agent.service.mailings import digest_letter, send_digest

    work, clock = _open(config, now)
    if send:
        _mail_out(work, clock, lambda: send_digest(work, clock()))
    else:
        from agent.cli.show_status import plain_text

        print(plain_text(digest_letter(work, clock()).raw))


@app.command()
def remind(
    config: Config = None,
    now: Now = None,
    send: Annotated[bool, typer.Option("--send", help="发给欠报的单位。")] = False,
) -> None:
    """催报：打印；加 --send 则发出。"""
    from agent.service.mailings import reminder_letters, send_reminders, without_address

    work, clock = _open(config, now)
    skipped = [unit.name for unit in without_address(work, clock())]
    to_phone = f"没有登记邮箱，请电话催报：{'、'.join(skipped)}" if skipped else ""
    if send:
        if skipped:
            print(to_phone)
        _mail_out(work, clock, lambda: send_reminders(work, clock()), attention=bool(skipped))
        return
    from agent.cli.show_status import plain_text

    letters = reminder_letters(work, clock())
    shown = [f"发给 {'、'.join(one.to)}\n{plain_text(one.raw)}" for one in letters]
    print("\n\n".join([*shown, *([to_phone] if skipped else [])]) or "没有需要催报的单位。")
    if skipped:
        raise typer.Exit(ATTENTION)


@app.command()
def merge(
    config: Config = None,
    now: Now = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="写到这个文件夹（默认归档的 final/）。", show_default=False
        ),
    ] = None,
    final: Annotated[bool, typer.Option("--final", help="定稿：此后的来件转为待核。")] = False,
    reason: Reason = "",
    by: By = None,
) -> None:
    """汇总：生成全区报告。"""
    from agent.cli.show_status import show_owed
    from agent.service.final_report import merge as make

    work, clock = _open(config, now)
    made = make(work, clock(), out, _ruling(work, clock, by, reason) if final else None)
    if made.refused:
        _say("还不能定稿：")
    for path in made.paths:
        print(path)
    for line in made.told:
        _say(line)
    show_owed(made.overview)
    raise typer.Exit(DONE if made.overview.may_be_final else ATTENTION)


@app.command()
def rebuild(
    config: Config = None,
    now: Now = None,
    verify: Annotated[bool, typer.Option("--verify", help="只比较，不改动。")] = False,
) -> None:
    """重建：从归档重新生成台账和归档文件；--verify 只核对。"""
    from agent.keeping.rebuild import rebuild as make
    from agent.keeping.replay import removed_words
    from agent.keeping.verify import verify as compare

    work, _ = _open(config, now)
    if verify:
        differences = compare(work)
        print("\n".join([*(differences or ["台账、归档文件与原始邮件一致。"]), *removed_words(work)]))
        raise typer.Exit(ATTENTION if differences else DONE)
    with work.archive.locked(), work.archive.held_still():
        print("\n".join(make(work)))


@app.command()
def backup(
    dest: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DEST]", help="放到哪个文件夹，或哪个文件（默认归档旁边）。", show_default=False
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="只检查以前的一份备份是否完好。", show_default=False),
    ] = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """备份：值守时也可以，做成一个 zip，写完再读一遍核对。"""
    from agent.keeping.words import backup_words, bundle_words

    if check is not None:
        from agent.keeping.bundle import check_bundle

        print(bundle_words(check, check_bundle(check)))
        return
    from agent.keeping.backup import back_up

    work, clock = _open(config, now)
    made = back_up(work, clock(), dest)
    print(backup_words(made))
    for problem in made.problems:
        _say(problem)
    raise typer.Exit(ATTENTION if made.problems else DONE)


@app.command()
def purge(
    before: Annotated[
        str, typer.Option("--before", metavar="DATE", help="这一天以前收到的，如 2024-07-01。")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="真的删去；不加只列出。")] = False,
    reason: Reason = "",
    by: By = None,
    config: Config = None,
    now: Now = None,
) -> None:
    """清理：按 config.yaml 的保存期限删去材料，并记入台账。"""
    from agent.keeping.purge import plan
    from agent.keeping.purge import purge as remove
    from agent.keeping.words import plan_words

    work, clock = _open(config, now)
    day, ruling = _date(before), _ruling(work, clock, by, reason)
    if not yes:
        print(plan_words(plan(work, day, ruling), done=False))
        return
    with work.archive.locked(), work.archive.held_still():
        print(plan_words(remove(work, day, ruling), done=True))


def _date(text: str) -> dt.date:
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat(text)
    raise UsageError(f"--before 的日期 {text} 不对，应写成 2024-07-01 这样。")


def _settings(config: Path | None) -> Settings:
    from agent.campaign.settings import load_settings

    return load_settings(config or Path("config.yaml"))


def _open(
    config: Path | None, now: dt.datetime | None, *, moving: bool = False
) -> tuple[Workplace, Callable[[], dt.datetime]]:
    from agent.keeping.workspace import Workplace

    work = Workplace.open(_settings(config))
    return work, _clock(now, work, moving=moving)


def _clock(now: dt.datetime | None, work: Workplace, *, moving: bool) -> Callable[[], dt.datetime]:
    """The time in the configured zone; --now stands in for it, and goes on from there where it is moving."""
    if now is None:
        return lambda: dt.datetime.now(work.zone)
    moment, began = (
        now.astimezone(work.zone) if now.tzinfo else now.replace(tzinfo=work.zone),
        time.monotonic(),
    )
    if moving:
        return lambda: moment + dt.timedelta(seconds=time.monotonic() - began)
    return lambda: moment


def _will_import(files: list[Path]) -> set[str]:
    """What the process that reads these will need, by their names: it can begin with that at once."""
    needed = {".xlsx": "lxml.etree", ".xlsm": "lxml.etree", ".docx": "lxml.etree", ".xls": "xlrd"}
    return {needed[one.suffix.lower()] for one in files if one.suffix.lower() in needed}


def _rules(config: Path | None) -> Any:
    """The campaign and the units: of the settings, or the built-in ones where there are none."""
    from agent.campaign import resources
    from agent.campaign.settings import load_rules, load_settings

    if config is not None or Path("config.yaml").exists():
        return load_rules(load_settings(config or Path("config.yaml")))
    return load_rules(load_settings(resources.base() / "config.yaml"))


def _ruling(work: Workplace, clock: Callable[[], dt.datetime], by: str | None, reason: str) -> Ruling:
    from agent.dossier.submission import Ruling

    return Ruling(by or work.settings.contact.address, clock(), reason)


def _decide(
    config: Path | None,
    now: dt.datetime | None,
    by: str | None,
    reason: str,
    act: Callable[[Workplace, Ruling], str],
) -> None:
    work, clock = _open(config, now)
    print(act(work, _ruling(work, clock, by, reason)))


def _mail_out(
    work: Workplace,
    clock: Callable[[], dt.datetime],
    queue: Callable[[], object],
    *,
    attention: bool = False,
) -> None:
    from agent.service.loop import send_now

    sent = send_now(work, clock, queue, _say)
    if sent is None:
        print("信件已排好，由正在运行的 report-agent run 在一分钟内发出。")
        raise typer.Exit(ATTENTION if attention else DONE)
    print(f"发出信件 {sent.sent} 封。" + (f"暂缓 {sent.postponed} 封，稍后再发。" if sent.postponed else ""))
    if sent.put_off:
        _say(f"暂缓的原因：{sent.put_off}")
    if sent.trouble:
        _say(f"信件没能发出：{sent.trouble}")
    went_well = sent.went_well and not attention
    raise typer.Exit(UNREACHABLE if sent.trouble else DONE if went_well else ATTENTION)


def _print_json(value: Any) -> None:
    from agent.base import jsontext

    print(jsontext.dumps(value))


def _say(text: str) -> None:
    """A line beside the answer; where it isn't a terminal that gets it, a log may keep it."""
    print(text if sys.stderr.isatty() else without_content(text), file=sys.stderr, flush=True)


def _stop_for(error: Exception) -> NoReturn:
    from agent.base.trouble import in_words as trouble_in_words

    told = trouble_in_words(error)
    if told is None:
        _crashed()
    _say(f"错误：{told}。数据没有丢失，解决后再运行即可。")
    sys.exit(USAGE)


def _crashed() -> NoReturn:
    """An error of the program's own: the traceback goes into a file for the maintainers."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="report-agent-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(without_messages(sys.exception()))
    _say(f"程序出错了，数据没有丢失。请把这个文件交给维护人员：{log.name}")
    sys.exit(ATTENTION)
