"""The words that come with a form in one mail: the mail's own, its subject, and what its other files tell.

Knows readings and texts, nothing of senders; what the words say is doubting.py's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.campaign.rules import Campaign
from agent.reading.cell.folding import squeeze
from agent.reading.reading import FileReading
from agent.reading.table.found import FoundForm
from agent.reading.words.doubting import Words, with_doubts
from agent.reading.words.ownwords import own_words
from agent.reading.words.quoting import forwarded_texts, own_text

LONG_LETTER = 150  # characters from which a mail's words are an account of the work as well


def with_accompanying(reading: FileReading, subject: str, campaign: Campaign) -> FileReading:
    """A mail's reading, the forms in it weighed against its words.

    Args:
        reading: of the mail, with what is in it.
        subject: the mail's.
        campaign: whose figures.
    """
    if not any(one.form for one in reading.everything()):
        return reading
    accounts = [one for one in reading.everything() if one is not reading and one.text and _tells(one)]
    own = [] if reading.form else [*_of_letter(subject, reading.text, campaign)]
    said = [Words(subject, "来信主题"), *own]
    return _weighed(reading, said, accounts, campaign)


def _tells(file: FileReading) -> bool:
    return file.kind in ("narrative", "form", "other")


def _of_letter(subject: str, text: str, campaign: Campaign) -> Iterator[Words]:
    """The sender's words, and those of a mail that is forwarded in them."""
    for one in (own_words(text, campaign), *map(own_text, forwarded_texts(subject, text))):
        if one:
            yield Words(one, "来信正文", telling=len(squeeze(one)) > LONG_LETTER)


def _weighed(
    file: FileReading, said: Sequence[Words], accounts: Sequence[FileReading], campaign: Campaign
) -> FileReading:
    inside = tuple(_weighed(one, said, accounts, campaign) for one in file.contains)
    if file.form is None:
        return replace(file, contains=inside)
    told = [
        Words(one.text, f"附件“{one.file}”", manner="account")
        for one in accounts
        if one.sha256 != file.sha256
    ]
    found = with_doubts(FoundForm(file.form, file.findings), [*said, *told], campaign)
    return replace(file, contains=inside, form=found.form, findings=found.findings)
