"""A coverage-guided fuzzer over the readers, by Atheris (libFuzzer for Python): what they let through is kept as files.

    python -m pip install atheris            (wheels for Linux; nothing else here needs it)
    .venv/bin/python bench/fuzz.py --minutes 10                 each reader in turn
    .venv/bin/python bench/fuzz.py --minutes 10 --reader docx

Each input goes through what runs in the process apart (opening.py), then through the search for the form; a mutation
changes one part inside a zip and packs it again, or bytes. A failure is an exception that is no refusal and comes out of
our own code, a value without certainty or a missing one without its error, or more than five seconds. Failures with
the same place in the code count once. They are written to --out (default: fuzz-found), one file each, with the reason
beside it; what a library throws is a refusal in the product, and only counted here.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import subprocess
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import ROOT, show

sys.path.insert(0, str(ROOT / "tests" / "reading"))

SLOW = 5.0  # seconds
LONGEST = 200_000  # bytes of an input
WORDS = (b"12", b"-1", b"1e999", b"99999999999999999999", b"NaN", b"<w:tbl>", b"</w:tc>", b"&#0;", b"\xef\xbf\xbe",
         "巡查次数".encode(), "合计".encode(), "约20".encode(), b' w:val="0"', b' r="A0"', b' t="s"', b' t="e"',
         b' s="99"', b'hidden="1"', b"rowspan=0", b"colspan=9999", b"|", b"\t", b"\0", b"--b")  # fmt: skip


def seeds() -> dict[str, tuple[str, list[bytes]]]:
    """For each reader the name of its files, and files to begin with."""
    import make_containers as containers
    import make_forms as forms

    from agent.demo import pictures

    page = forms.html_table()
    made = {
        "xlsx": ("a.xlsx", [forms.xlsx(), forms.xlsx(["约20", "", 1.5, *forms.FIGURES[3:]])]),
        "docx": ("a.docx", [forms.docx(), forms.docx(narrative=forms.NARRATIVE)]),
        "xls": ("a.xls", [forms.xls()]),
        "ods": ("a.ods", [forms.ods()]),
        "html": ("a.html", [forms.html(), forms.html(charset="gbk")]),
        "text": ("a.txt", [forms.tabbed().encode(), forms.pairs().encode()]),
        "csv": ("a.csv", [forms.csv(), forms.csv(encoding="gb18030")]),
        "eml": ("a.eml", [forms.mail("请查收", page), forms.mail(forms.pairs())]),
        "zip": ("a.zip", [forms.zipped([("a.txt", b"x"), ("b.csv", forms.csv())])]),
        "msg": ("a.msg", [containers.compound(containers.msg("报送", files=[("a.csv", forms.csv())]))]),
        "tnef": ("winmail.dat", [containers.winmail([("a.csv", forms.csv())])]),
        "picture": ("a.jpg", [pictures.logo(), pictures.photo(1)[:100_000]]),
        "pdf": ("a.pdf", _pdfs()),
        "rtf": ("a.rtf", _rtfs()),
        "doc": ("a.doc", []),
    }
    embedding = _embedding()
    return {
        reader: (name, [*own, *embedding.get(reader, []), *_of_the_corpus(reader)])
        for reader, (name, own) in made.items()
    }


def _of_the_corpus(suffix: str) -> list[bytes]:
    """Some of the small files of tests/forms: what programs write, and what clerks do."""
    found = [path.read_bytes() for path in sorted((ROOT / "tests/forms").glob(f"*/*.{suffix}"))]
    small = [one for one in found if len(one) <= LONGEST // 2]
    return small[:: max(1, len(small) // 40)]


def _embedding() -> dict[str, list[bytes]]:
    """Documents with files inside, by reader."""
    from test_embedded import CASES

    found: dict[str, list[bytes]] = {}
    for name, make in CASES.items():
        found.setdefault(name.rpartition(".")[2].replace("odt", "ods"), []).append(make())
    return found


def _pdfs() -> list[bytes]:
    from test_pdf import FORM, SHOWN, drawn_pdf, form_object, saying, with_field

    return [drawn_pdf(FORM), form_object(FORM), with_field(f"{SHOWN}/V(12)", "12"), saying(("1", "1"))]


def _rtfs() -> list[bytes]:
    import make_containers as containers
    import make_forms as forms
    from test_embedded import dropped, rtf

    return [rtf(forms.xls()), rtf(containers.compound(dropped("a.csv", forms.csv())))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--reader", default="")
    parser.add_argument("--out", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.inner:
        _Fuzzer(asked.reader, asked.out).run(asked.minutes)
        return
    rows = [_in_turn(reader, asked) for reader in ([asked.reader] if asked.reader else seeds())]
    show("Fuzzed", ("reader", "inputs", "refused", "failures of ours", "of libraries", "restarts"), rows)


def _in_turn(reader: str, asked: argparse.Namespace) -> tuple[object, ...]:
    """One reader in a process of its own, started again where it dies."""
    until, totals, restarts = time.monotonic() + 60 * asked.minutes, Counter[str](), 0
    while (left := until - time.monotonic()) > 1:
        command = [sys.executable, __file__, "--inner", "--reader", reader, "--out", str(asked.out)]
        done = subprocess.run([*command, "--minutes", str(left / 60)], capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        totals += Counter(json.loads(lines[-1]) if lines else {})
        if done.returncode:
            restarts += 1
            (asked.out / f"{reader}-died-{restarts}.txt").write_text(done.stderr[-4000:])
    row = (reader, totals["inputs"], totals["refused"], totals["ours"], totals["libraries"], restarts)
    print(*row, flush=True)
    return row


class _Fuzzer:
    """One reader under libFuzzer, in this process."""

    def __init__(self, reader: str, out: Path) -> None:
        self._reader, self._out = reader, out
        self._name, self._seeds = seeds()[reader]
        self._counts: Counter[str] = Counter(inputs=0, refused=0, ours=0, libraries=0)
        self._seen: set[str] = set()
        self._last = time.monotonic()

    def run(self, minutes: float) -> None:
        import atheris

        with atheris.instrument_imports(include=["agent.reading", "agent.base.mime", "agent.base.mimetext"]):
            import agent.reading.apart.opening
            import agent.reading.formats.docx
            import agent.reading.formats.embedded
            import agent.reading.formats.html
            import agent.reading.formats.ods
            import agent.reading.formats.pdf.file
            import agent.reading.formats.xls
            import agent.reading.formats.xlsx.sheets
            import agent.reading.table.form
            import agent.reading.words.texts  # noqa: F401
        corpus = self._out / "corpus" / self._reader
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(self._seeds):
            (corpus / f"seed-{number}").write_bytes(seed)
        options = [f"-max_total_time={int(60 * minutes)}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=3000", "-verbosity=0", f"-artifact_prefix={self._out}/{self._reader}-"]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(corpus)], self._one, custom_mutator=_mutated)
        self._take = _reading()
        atheris.Fuzz()

    def _one(self, data: bytes) -> None:
        self._counts["inputs"] += 1
        began = time.monotonic()
        try:
            if not self._take(self._name, data):
                self._counts["refused"] += 1
        except Exception as error:
            self._keep(data, error)
        if time.monotonic() - began > SLOW:
            self._write(data, "slow", f"{time.monotonic() - began:.1f} s")
        if time.monotonic() - self._last > 5:  # libFuzzer ends the process itself
            self._last = time.monotonic()
            print(json.dumps(self._counts), flush=True)

    def _keep(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        ours = "/agent/" in frames[-1].filename or isinstance(error, AssertionError)
        place = f"{type(error).__name__} {Path(frames[-1].filename).name}:{frames[-1].lineno}"
        self._counts["ours" if ours else "libraries"] += place not in self._seen
        if place not in self._seen and ours:
            self._write(data, place, "".join(traceback.format_exception(error)))
        self._seen.add(place)

    def _write(self, data: bytes, place: str, why: str) -> None:
        path = self._out / f"{self._reader}-{hashlib.sha256(data).hexdigest()[:8]}"
        path.with_suffix(Path(self._name).suffix).write_bytes(data)
        path.with_suffix(".txt").write_text(f"{place}\n{why}")


def _reading() -> Callable[[str, bytes], bool]:
    """What is done with each input: opened, and looked through; whether it could be read."""
    import datetime as dt

    from agent.base.errors import Unreadable
    from agent.base.mime import Mime
    from agent.campaign.rules import load_campaign
    from agent.campaign.units import load_register
    from agent.reading.apart.opening import open_file, tell_opened
    from agent.reading.formats import embedded
    from agent.reading.formats.pdf.file import tell
    from agent.reading.grid import Document
    from agent.reading.limits import Budget, Limits
    from agent.reading.table.form import find_form
    from agent.reading.words.texts import texts_of

    campaign = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
    register = load_register(ROOT / "agent/demo/campaign/units.yaml")

    def look(document: Document) -> None:
        found = find_form(document, campaign, register, dt.date(2024, 3, 5))
        if found is not None:
            errors = {one.field for one in found.findings if one.severity == "error"}
            unread = {one.id for one in campaign.form.figures if found.form.values[one.id] is None}
            assert unread <= errors, "a missing value without its error"

    def take(name: str, data: bytes) -> bool:
        budget = Budget(Limits(unpacked_bytes=20_000_000, cells=20_000, pixels=2_000_000))
        try:
            opened = open_file(data, budget, name, 200, True)
            json.dumps(tell_opened(opened).data)
            content: Any = opened.content
            if opened.sniffed.type == "pdf":
                json.dumps(tell(data, 20_000_000, 20_000, 2_000_000)[0])
            if opened.sniffed.type == "rtf":
                embedded.in_rtf(data, budget)
            if opened.sniffed.type == "doc":
                embedded.in_compound(data, budget)
            if isinstance(content, Document):
                look(content)
            if isinstance(content, Mime):
                for one in texts_of(content.subject, content.text, content.plain, content.html, budget):
                    look(one)
        except Unreadable:
            return False
        return True

    return take


# --- mutations -------------------------------------------------------------------------------------------


def _mutated(data: bytes, most: int, seed: int) -> bytes:
    """A changed input of at most so many bytes; libFuzzer's own mutations know neither zips nor tags."""
    rng = random.Random(seed)
    if data[:2] == b"PK" and rng.random() < 0.9:
        changed = _repacked(data, rng)
        if changed is not None and len(changed) <= most:
            return changed
    return (_spliced(data, rng) if rng.random() < 0.7 else _dented(data, rng))[:most]


def _dented(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, or the end cut off."""
    dented = bytearray(data)
    for _ in range(rng.choice((1, 2, 4, 16)) if dented else 0):
        dented[rng.randrange(len(dented))] = rng.choice((0, 0xFF, 0x7F, rng.randrange(256)))
    return bytes(dented[: rng.randrange(len(dented) + 1)] if rng.random() < 0.1 else dented)


def _repacked(data: bytes, rng: random.Random) -> bytes | None:
    """The zip with one of its members changed."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            names = [name for name in old.namelist() if old.getinfo(name).file_size < LONGEST]
            chosen = rng.choice(sorted(names, key=lambda name: -old.getinfo(name).file_size)[:4])
            for name in names:
                part = old.read(name)
                if name == chosen:
                    part = _spliced(part, rng) if rng.random() < 0.8 else _dented(part, rng)
                new.writestr(name, part)
    except Exception:  # no zip any more
        return None
    return out.getvalue()


def _spliced(part: bytes, rng: random.Random) -> bytes:
    """A piece doubled, left out, moved, or a word of the format put in; cut at tags where there are any."""
    cuts = [at for at, byte in enumerate(part) if byte in b"<>\n\t,"] or list(range(len(part)))
    if len(cuts) < 4:
        return part + rng.choice(WORDS)
    first, last = sorted(rng.sample(range(len(cuts)), 2))
    last = min(last, first + rng.choice((1, 2, 8, 64)))
    start, end, place = cuts[first], cuts[last], rng.choice(cuts)
    piece = part[start:end]
    match rng.randrange(4):
        case 0:
            return part[:place] + piece * rng.choice((1, 2, 10)) + part[place:]
        case 1:
            return part[:start] + part[end:]
        case 2:
            return part[:start] + rng.choice(WORDS) + part[end:]
        case _:
            return part[:place] + rng.choice(WORDS) + part[place:]


if __name__ == "__main__":
    main()
