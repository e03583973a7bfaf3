"""What mail programs wrap a form in, from the mailbox to the answer: filed, or asked for in words that help."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.outcome.bureau import bureau, kinds, sender_of

sys.path.insert(0, str(Path(__file__).parent.parent / "reading"))

import make_forms as forms
import make_mails as made

QINGNIAN = sender_of("qingnian")
FORMS = Path(__file__).parent.parent / "forms" / "mailborne"
FORM = forms.xlsx()


def sent(entity: bytes, number: int = 1) -> bytes:
    head = made.HEAD.replace(b"qingnian@town.example", QINGNIAN.encode())
    return head.replace(b"<1@town", b"<%d@town" % number) + entity


WRAPPED = {
    "uuencode": made.text(f"请查收\n\n{made.uu('统计表.xlsx', FORM)}"),
    "signed": made.part("application/pkcs7-mime", made.streamed(made.file("统计表.xlsx", FORM)), "smime.p7m"),
    "AppleDouble": made.multipart(
        "appledouble",
        made.file("统计表.xlsx", made.apple(None), "application/applefile"),
        made.file("统计表.xlsx", FORM),
    ),
    "alternatives": made.multipart(
        "alternative",
        made.text("统计表见正文"),
        made.multipart("mixed", made.page(forms.html_table()), made.page("<p>发自我的 iPhone</p>")),
    ),
}


@pytest.mark.parametrize("entity", WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_form_is_accepted(entity: bytes, tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.receive(sent(entity))) == ["receipt"]
        unit = office.unit("qingnian")
        assert (unit["form"]["status"], unit["narrative"]["status"]) == ("accepted", "missing")


ASKED = {
    "a piece": (
        made.part("message/partial; id=a; number=2; total=2", "QUJD\n" * 200, encoding="7bit"),
        "完整的邮件",
    ),
    "enciphered": (
        made.part("application/pkcs7-mime", made.enveloped(b"x"), "smime.p7m"),
        "请不加密重新发送",
    ),
    "noise": (made.text(made.uu("a.xlsx", FORM).partition("\n")[2]), "普通附件的方式重新发送"),
    "a page too large": (made.page("<p>x</p>" * 120_000), "作为附件"),
}


@pytest.mark.parametrize(("entity", "words"), ASKED.values(), ids=ASKED)
def test_what_cannot_be_read_is_asked_for_in_words_that_help(
    entity: bytes, words: str, tmp_path: Path
) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.receive(sent(entity))
        assert letter.kind == "correction"
        assert words in "".join(letter.text.split())
        unit = office.unit("qingnian")
        assert (unit["form"]["status"], unit["narrative"]["status"]) == ("missing", "missing")
