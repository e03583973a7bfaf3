"""Old Word files before they are converted: what they claim, and whether they have a password."""

from __future__ import annotations

import re

from agent.reading.refusals import damaged, encrypted

_BINARY = re.compile(rb"\\bin([0-9]{1,12})")


def refuse_claims(data: bytes) -> None:
    """Refuse an RTF that says more bytes of binary are to come than it has: LibreOffice waits for all of them."""
    if any(int(match[1]) > len(data) for match in _BINARY.finditer(data)):
        raise damaged()


def refuse_password(data: bytes) -> None:
    """Refuse a .doc that asks for one, by the bit that says so in its stream ([MS-DOC] 2.5.1, fEncrypted)."""
    import io

    from xlrd.compdoc import CompDoc

    try:
        stream = CompDoc(data, logfile=io.StringIO()).get_named_stream("WordDocument")
    except Exception as error:  # the compound file's own reader takes whatever the sectors claim
        raise damaged() from error
    if stream is not None and len(stream) > 11 and stream[11] & 1:
        raise encrypted()
