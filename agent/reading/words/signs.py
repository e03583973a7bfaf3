"""What is written in a name, a title, a row or a sentence that says: this isn't all that is to be reported.

A draft, a void form, another period's, one village's, figures to be added to earlier ones … The words are data
(signs.yaml), the period comes from the campaign (periods.py). Knows no forms and no mails: a text in, what it says out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.cell.folding import squeeze
from agent.reading.table.periods import DAYS, of_another_year, parts_of_campaign
from agent.reading.words.signtable import Kind, SignTable, load_signs

LONGEST_NAME = 80  # characters of a file's name, a subject
LONGEST_TITLE = 60  # of a line above a table
LONGEST_MARK = 30  # of a line that is nothing but a mark
LONGEST_SENTENCE = 60  # about a form; narratives have longer ones, of which each clause is looked at
MOST_SAID = 20_000  # characters of a text that are looked at


@dataclass(frozen=True, slots=True)
class Sign:
    """What a text says that a form is instead of the whole report, by which words, and in which sentence."""

    kind: Kind
    words: str
    sentence: str = ""


@dataclass(frozen=True)
class Signs:
    """The signs as they are looked for under one campaign: its own names, dates and units are none."""

    campaign: Campaign
    table: SignTable
    known: tuple[str, ...]

    @classmethod
    def of(cls, campaign: Campaign, register: Register | None) -> Signs:
        """Those of a campaign, made once for all the texts that are read by it."""
        global _last
        if _last is None or _last[0] is not campaign or _last[1] is not register:
            signs = cls(campaign, load_signs(), _known(campaign, register))
            own = [name for name in _labels(campaign) if signs.in_name(name) is not None]
            _last = (campaign, register, replace(signs, known=(*signs.known, *own)))
        return _last[2]

    def in_name(self, name: str) -> Sign | None:
        """What a short name says: a sheet's, a subject, a row's, a heading's."""
        text = self._stripped(name) if len(name) <= LONGEST_NAME else ""
        return self._find(text, lambda kind: kind.named) or self._of_another_year(name)

    def in_file_name(self, name: str) -> Sign | None:
        """What a file's name says, with the folders that it lies in."""
        path = PurePath(name.replace("\\", "/"))
        return self.in_name("/".join((*path.parts[:-1], path.stem))[-LONGEST_NAME:])

    def in_title(self, line: str) -> Sign | None:
        """What a line at a table or a page says by being its title, or nothing but a mark (（草稿）, 去年同期：)."""
        return self._in_mark(line) or (self.in_name(line) if self._is_title(line) else None)

    def in_margin(self, text: str) -> Sign | None:
        """What a page's header, footer or watermark says of the whole page."""
        lines = [line for line in text.split("\n") if line.strip()]
        return next(filter(None, map(self.in_title, lines)), None)

    def in_words(self, text: str) -> Sign | None:
        """What a text says of the form that it stands with, sentence by sentence; a mark counts, too."""
        for sentence in _SENTENCES.split(text[:MOST_SAID]):
            for part in _looked_at(sentence):
                found = self._in_sentence(part)
                if found is not None:
                    return replace(found, sentence=part.strip())
            if (mark := self._in_mark(sentence)) is not None:
                return replace(mark, sentence=sentence.strip())
        return None

    def in_cell(self, text: str) -> Sign | None:
        """What a cell that says nothing else says (未报送)."""
        word = _NO_WORD.sub("", squeeze(text)) if len(text) <= LONGEST_MARK else ""
        kind = next((one for one in self.table.kinds if word and word in one.cells), None)
        return Sign(kind, word) if kind and word != squeeze(self.campaign.mark) else None

    def under_heading(self, heading: str, name: str) -> Sign | None:
        """What a row's name is by the heading that it stands under (村, 月份), whatever it says itself."""
        head, said = _NO_WORD.sub("", squeeze(heading)), self._stripped(name)
        head = re.sub("名称?$", "", head)
        if len(head) > 8 or not re.search("[\u4e00-\u9fffA-Za-z]", said):
            return None
        kind = next((one for one in self.table.kinds if head in one.headed), None)
        return Sign(kind, name.strip()) if kind else None

    # How

    @cached_property
    def _own(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.known)) or "(?!)")

    def _in_sentence(self, sentence: str) -> Sign | None:
        text = self._stripped(sentence)
        firm = self._find(text, lambda kind: kind.firm)
        if firm is None and self.table.about.search(text):
            return self._find(text, lambda kind: kind.told)
        return firm

    def _in_mark(self, line: str) -> Sign | None:
        """What a line says that says nothing else."""
        if len(line) > LONGEST_TITLE or _NUMBERS.search(line) or _DATED.fullmatch(squeeze(line)):
            return None
        text = self._stripped(line)
        found = self._find(text, lambda kind: kind.named) if len(text) <= LONGEST_MARK else None
        if found is None:
            return None
        rest = text
        for kind in self.table.kinds:
            for pattern in kind.named:
                rest = pattern.sub("", self._marked(rest)[0])
        return None if _NO_WORD.sub("", self.table.fillers.sub("", rest)) else found

    def _is_title(self, line: str) -> bool:
        text = squeeze(line)
        if len(text) > LONGEST_TITLE or re.search("[。;；]", text):
            return False
        return re.sub(r"\([^()]*\)$", "", text).endswith("表") or "统计" in text or self._names_campaign(text)

    def _names_campaign(self, text: str) -> bool:
        return any(name in text for name in self.known[: len(_titles(self.campaign))])

    def _find(self, text: str, patterns: Callable[[Kind], Sequence[re.Pattern[str]]]) -> Sign | None:
        """The first kind of which a pattern matches and nothing speaks against it."""
        if not text.strip():
            return None
        marked, meant = self._marked(text)
        texts = (text,) if marked == text else (text, marked)
        for kind in self.table.kinds:
            for pattern in patterns(kind):
                for searched in texts:
                    found = next(self._standing(kind, pattern, searched), "")
                    if found and not any(one.search(each) for one in kind.unless for each in texts):
                        return Sign(kind, _unmarked(found, meant))
        return None

    def _standing(self, kind: Kind, pattern: re.Pattern[str], text: str) -> Iterator[str]:
        """The matches that nothing beside them denies, and that aren't said of an earlier form."""
        for found in pattern.finditer(text):
            before, after = text[: found.start()], text[found.end() :]
            denied = before.endswith(self.table.denied_before) or after.startswith(self.table.denied_after)
            earlier = kind.not_earlier and self.table.earlier.search(f"{before}\n{after}")
            if found[0] and not denied and not earlier and found[0] != squeeze(self.campaign.mark):
                yield found[0]

    def _marked(self, text: str) -> tuple[str, Mapping[str, str]]:
        """The text with one mark for each period and each place in it, and what the first of each says."""
        periods = list(parts_of_campaign(text, self.campaign))
        periods += [found[0] for found in self.table.periods.finditer(text)]
        places = list(self.table.places_in(text))
        for mark, names in ((PERIOD, periods), (PLACE, places)):
            for name in sorted(names, key=len, reverse=True):
                text = text.replace(name, mark)
        return text, {PERIOD: next(iter(periods), ""), PLACE: next(iter(places), "")}

    def _stripped(self, text: str) -> str:
        """The text, folded, without what it must say anyway: whose it is, of which action, on which day."""
        stripped = self._own.sub(" ", squeeze(text).lower())
        return re.sub(" +", " ", DAYS.sub(" ", stripped) if not _has_span(stripped) else stripped)

    def _of_another_year(self, name: str) -> Sign | None:
        if not of_another_year(squeeze(name), self.campaign):
            return None
        past = next(one for one in self.table.kinds if one.id == "past")
        found = re.search(r"20\d\d(?:年?[-—~至/]+(?:20)?\d\d)?年度?", squeeze(name))
        return Sign(past, found[0] if found else name)


PERIOD, PLACE = "\ue001", "\ue002"
_last: tuple[Campaign, Register | None, Signs] | None = None


def _has_span(text: str) -> bool:
    """Whether two days with a dash between them make a period (2月1日至2月29日)."""
    return re.search(r"[日号\d](?:-|—|–|~|～|－|至|到)(?:20\d\d[年./])?\d{1,2}[月日号./]", text) is not None


def _titles(campaign: Campaign) -> list[str]:
    names = (campaign.form.title, campaign.title, *campaign.also_called)
    return sorted({squeeze(name).lower() for name in names}, key=len, reverse=True)


def _labels(campaign: Campaign) -> list[str]:
    """What the form's own columns are called."""
    names = {name for one in campaign.form.fields for name in (one.label, one.group, *one.aliases) if name}
    return sorted((squeeze(name).lower() for name in names), key=len, reverse=True)


def _known(campaign: Campaign, register: Register | None) -> tuple[str, ...]:
    """What names the form, its units and its district, longest first: the campaign's own names in front."""
    units = [name for unit in register.units for name in unit.names] if register else []
    others = {squeeze(name).lower() for name in (*units, register.district if register else "") if name}
    return (*_titles(campaign), *sorted(others, key=len, reverse=True))


def _looked_at(sentence: str) -> Iterable[str]:
    """A sentence, or of a long one each clause with the one before it."""
    if len(sentence) <= LONGEST_SENTENCE:
        return (sentence,)
    clauses = re.split("[,，]", sentence)
    pairs = ("，".join(clauses[max(0, at - 1) : at + 1]) for at in range(len(clauses)))
    return (pair for pair in pairs if len(pair) <= LONGEST_SENTENCE)


def _unmarked(found: str, meant: Mapping[str, str]) -> str:
    for mark, said in meant.items():
        found = found.replace(mark, said)
    return found.strip()


_SENTENCES = re.compile(r"[。！!？?；;\n]+")
_DATED = re.compile(
    r"20\d\d[年./-]\d{1,2}月?|二[〇零○]二.年.{1,2}月"
)  # when it was written: a date without its day
_NUMBERS = re.compile(r"\d[\s,，|;；]+\d+[\s,，|;；]+\d")  # a row of a table
_NO_WORD = re.compile(r"[\W\d_]+")
