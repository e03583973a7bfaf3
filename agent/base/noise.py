"""Encoded files, enciphered blocks and characters that came to harm, in what should be words: nobody's account.

Pure; text in, text out. A block is what runs over lines, as programs write it; one line alone must be very long, or
consist of nothing but escapes. What a person writes (a web address, a ruled line, a number) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINES = 2  # from so many lines in a row a block is one
LONG = 200  # characters of a single line that is a block by itself
TOLD = 200  # characters of noise from which there is something to be said of it
MOST_DECODED = 40  # characters: a longer line of one word is encoded, where its neighbour is, too
LOOKED_AT = 4000  # characters of a line


@dataclass(frozen=True, slots=True)
class Words:
    """A text without its noise.

    Attributes:
        text: what is left.
        noise: how many characters of noise were in it.
        enciphered: whether a block of it could be opened with a key alone.
    """

    text: str
    noise: int = 0
    enciphered: bool = False


def without_noise(text: str) -> Words:
    """The words of a text."""
    lines, enciphered, encoded = _without_armour(text.split("\n"))
    marks = [_mark(line) for line in lines]
    dropped = _blocks(lines, marks)
    kept = [line for number, line in enumerate(lines) if number not in dropped]
    # What is set in is a header of a mail that was copied as it came: a signature, and no file.
    noise = sum(len(lines[number].strip()) for number in dropped if lines[number][:1] not in (" ", "\t"))
    noise += encoded
    if not dropped and len(kept) == text.count("\n") + 1:
        return Words(text)
    return Words("\n".join(kept), noise, enciphered)


# --- blocks that say what they are -----------------------------------------------------------------------

_BEGIN = re.compile(r"^-----BEGIN ([A-Z0-9 ]{3,40})-----\s*$")
_FILE_BEGINS, _FILE_ENDS = "=ybegin line=", "=yend "  # yEnc: any sign at all stands between
_CLEAR = "PGP SIGNED MESSAGE"
_ENCIPHERED = ("PGP MESSAGE", "PKCS7", "CMS", "ENCRYPTED MESSAGE", "AGE ENCRYPTED FILE")


def _without_armour(lines: Sequence[str]) -> tuple[list[str], bool, int]:
    """Without what stands between a BEGIN and its END: keys, signatures, enciphered texts, files; how much of files.

    What was signed in clear stays.
    """
    kept: list[str] = []
    enciphered, end, clear, head, encoded = False, "", False, False, 0
    for line in lines:
        begins = _BEGIN.match(line)
        if end:
            encoded += len(line) if end == _FILE_ENDS else 0
            end = "" if line.startswith(end) else end
        elif begins and begins[1] == _CLEAR:
            clear, head = True, True
        elif begins:
            end, clear = f"-----END {begins[1]}-----", False
            enciphered = enciphered or begins[1] in _ENCIPHERED
        elif line.startswith(_FILE_BEGINS):
            end = _FILE_ENDS
        elif head:
            head = bool(line.strip())
        else:
            kept.append(line[2:] if clear and line.startswith("- ") else line)
    return kept, enciphered, encoded


# --- lines that give themselves away ---------------------------------------------------------------------

_LETTERS = re.compile(rf"[A-Za-z0-9+/=_-]{{{MOST_DECODED},}}")
_ANY = re.compile(r"[!-~]{60,}")
_UU = re.compile(r"[!-M][ -`]{19,61}")
_YENC = re.compile(r"^(?:=y(?:begin|part|end) |\(This file must be converted with BinHex)")
_ESCAPES = re.compile(
    r"=[0-9A-F]{2}|%[0-9A-Fa-f]{2}|&#x?[0-9A-Fa-f]{2,6};|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"
)
_HARMED = re.compile("\ufffd|锟斤拷|锟\ufffd|烫烫|屯屯")
_ADDRESS = re.compile(r"://|www\.|@\S+\.")
_QUOTE = re.compile(r"^[>\s]+")
_PERCENT = re.compile(r"[=%][0-9]{2}")
LEAST_ESCAPES, MOST_OF_IT = 6, 0.6
LEAST_DIFFERENT = 6  # characters: else it is a ruled line
LETTERS_IN = 6  # one in so many is a letter: figures, however they are set apart, have none


def _mark(line: str) -> str:
    """``own``: noise by itself; ``block``: noise beside another of it; "" for words."""
    if line.startswith("M") and _is_uu(line[:LOOKED_AT].rstrip()):
        return "block"
    bare = _QUOTE.sub("", line[:LOOKED_AT]).strip()
    if _YENC.match(bare):
        return "own"
    squeezed = "".join(bare.split())
    if len(squeezed) < 10 or _ADDRESS.search(bare):
        return ""
    if _share(_ESCAPES, squeezed, LEAST_ESCAPES) or _share(_HARMED, squeezed, 3):
        return "own"
    if not bare.isascii() or len(set(bare)) < LEAST_DIFFERENT or not _has_letters(bare):
        return ""
    if _LETTERS.fullmatch(bare) or _ANY.fullmatch(bare):
        return "own" if len(bare) >= LONG else "block"
    return ""


def _has_letters(text: str) -> bool:
    return sum(one.isalpha() for one in text) * LETTERS_IN >= len(text)


def _is_uu(line: str) -> bool:
    """Whether it is as long as its first letter says, as a line of uuencode is; blanks at its end may be gone."""
    if not _UU.fullmatch(line):
        return False
    long = ((ord(line[0]) - 32) + 2) // 3 * 4 + 1
    return long - 4 <= len(line) <= long + 1


def _share(pattern: re.Pattern[str], text: str, least: int) -> bool:
    found = pattern.findall(text)
    if all(
        _PERCENT.fullmatch(one) for one in found
    ):  # 90%92%95%: no byte of a Chinese sign is without a letter
        return False
    return len(found) >= least and sum(map(len, found)) >= MOST_OF_IT * len(text)


_REST = re.compile(
    r"(?=.*[A-Za-z])[A-Za-z0-9+/]{8,76}={0,2}|[A-Za-z0-9+/]{2,76}={1,2}|=[A-Za-z0-9+/]{4}|`|end|===="
)
MOST_ENDS = 3  # lines that may end a block: what is left of it, a mark, a word


def _blocks(lines: Sequence[str], marks: Sequence[str]) -> frozenset[int]:
    """The lines of noise: single ones, blocks, and the short line that ends a block."""
    return frozenset(number for run in _runs(marks) for number in _whole(run, lines, marks))


def _runs(marks: Sequence[str]) -> Iterator[range]:
    start = 0
    for number in range(len(marks) + 1):
        if number == len(marks) or not marks[number]:
            if number > start:
                yield range(start, number)
            start = number + 1


def _whole(run: range, lines: Sequence[str], marks: Sequence[str]) -> Iterator[int]:
    is_block = len(run) >= LINES
    yield from (number for number in run if is_block or marks[number] == "own")
    ends = range(run.stop, min(run.stop + MOST_ENDS, len(lines))) if is_block else ()
    for number in ends:
        last = lines[number].rstrip()
        if not (_REST.fullmatch(last.strip()) or (_is_uu(last) and _has_letters(last))):
            return
        yield number
