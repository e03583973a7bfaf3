"""What mail programs wrap a form in: other alternatives, uuencode, Apple's files, S/MIME, pieces of a mail."""

from __future__ import annotations

import base64
from collections.abc import Callable

import make_containers as containers
import make_forms as forms
import make_mails as made
import pytest
from make_mails import file, mail, multipart, page, part, text

from agent.base.cms import kind_of, signed_content
from agent.demo.pictures import photo
from agent.reading.reading import FileReading
from tests.reading.test_files import require_the_form

Read = Callable[..., FileReading]
XLSX = ("统计表.xlsx", "tjb.xlsx")


def kinds(reading: FileReading) -> list[str]:
    return [one.kind for one in reading.everything()]


def told(reading: FileReading) -> list[tuple[str, str]]:
    return [(one.severity, one.rule) for inner in reading.everything() for one in inner.findings]


def require_only_the_form(reading: FileReading, *others: str) -> None:
    """The form in a file, nothing said, and beside it only what is named."""
    [found] = [one for one in reading.everything() if one.form]
    require_the_form(found)
    assert told(reading) == []
    assert sorted(kinds(reading)) == sorted(["message", "form", *others])


# --- alternatives ----------------------------------------------------------------------------------------

TABLE, PHOTO = page(forms.html_table()), file("IMG_0001.jpg", photo(1), "image/jpeg")
PLAIN, SIGNATURE = text("统计表见正文"), page("<p>发自我的 iPhone</p>")

ALTERNATIVES = {
    "Apple Mail: table, photo, signature": (PLAIN, multipart("mixed", TABLE, PHOTO, SIGNATURE)),
    "the table behind the photo": (PLAIN, multipart("mixed", page("<p>您好</p>"), PHOTO, TABLE)),
    "the table in the middle": (
        PLAIN,
        multipart("mixed", page("<p>您好</p>"), TABLE, PHOTO, SIGNATURE),
    ),
    "words behind the photo in plain": (PLAIN, multipart("mixed", TABLE, PHOTO, text("发自我的 iPhone"))),
    "related in mixed": (PLAIN, multipart("mixed", multipart("related", TABLE, PHOTO), SIGNATURE)),
    "mixed in related": (PLAIN, multipart("related", multipart("mixed", TABLE, SIGNATURE), PHOTO)),
    "three alternatives": (PLAIN, page("<p>简版</p>"), multipart("mixed", TABLE, PHOTO, SIGNATURE)),
    "the page first": (multipart("mixed", TABLE, PHOTO, SIGNATURE), PLAIN),
}


@pytest.mark.parametrize("parts", ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_all_pieces_of_the_chosen_alternative_count(parts: tuple[bytes, ...], read: Read) -> None:
    reading = read("a.eml", mail(multipart("alternative", *parts)))
    require_the_form(reading)
    assert kinds(reading) == ["message", "photo"]


def test_an_alternative_in_two_plain_pieces_is_read_whole(read: Read) -> None:
    pieces = multipart("mixed", text(forms.pairs()), PHOTO, text("发自我的 iPhone"))
    reading = read("a.eml", mail(multipart("alternative", pieces, page("<p>照片</p>"))))
    require_the_form(reading)
    assert "发自我的 iPhone" in reading.text


def test_alternatives_that_say_the_same_are_said_once(read: Read) -> None:
    reading = read("a.eml", mail(multipart("alternative", text("请查收"), page("<p>请查收</p>"))))
    assert (reading.text.strip(), told(reading)) == ("请查收", [])


# --- uuencode --------------------------------------------------------------------------------------------

FORM = forms.xlsx()

IN_TEXT = {
    "one file": f"请查收\n\n{made.uu('tjb.xlsx', FORM)}",
    "spaces for nothing": f"请查收\n\n{made.uu('tjb.xlsx', FORM, blank=b' ')}",
    "without words": made.uu("tjb.xlsx", FORM),
    "words behind": f"{made.uu('统计表.xlsx', FORM)}\n请查收，谢谢",
    "begin-base64": f"请查收\n\n{made.b64('统计表.xlsx', FORM)}",
    "Windows' line ends": f"请查收\n\n{made.uu('tjb.xlsx', FORM)}".replace("\n", "\r\n"),
    "without its end": f"请查收\n\n{made.uu('tjb.xlsx', FORM, end=False)}",
}


@pytest.mark.parametrize("words", IN_TEXT.values(), ids=IN_TEXT)
def test_a_file_in_the_text_is_read_and_no_narrative(words: str, read: Read) -> None:
    for encoding in ("base64", "8bit"):
        reading = read("a.eml", mail(part("text/plain; charset=utf-8", words, encoding=encoding)))
        require_only_the_form(reading)
        assert reading.contains[0].file in XLSX
        assert "begin" not in reading.text and "M4$" not in reading.text


def test_two_files_in_one_text_are_both_read(read: Read) -> None:
    both = f"两个附件\n{made.uu('tjb.xlsx', FORM)}\n照片\n{made.uu('1.jpg', photo(1))}完"
    reading = read("a.eml", mail(text(both)))
    assert kinds(reading) == ["message", "form", "photo"]
    assert reading.text.split() == ["两个附件", "照片", "完"]


@pytest.mark.parametrize("name", ["tjb.uue", "tjb.uu", "tjb.txt", "附件"])
@pytest.mark.parametrize("encode", [made.uu, made.b64])
def test_a_file_that_is_encoded_so_is_read(
    name: str, encode: Callable[[str, bytes], str], read: Read
) -> None:
    require_only_the_form(read(name, encode("tjb.xlsx", FORM).encode()))


@pytest.mark.parametrize(
    "words", ["begin 644 次巡查以来，各村行动", "会议于\nbegin 100 点\n开始", "begin 644 a.xlsx\n请查收"]
)
def test_words_that_only_begin_like_it_stay_words(words: str, read: Read) -> None:
    reading = read("a.eml", mail(text(words)))
    assert (reading.text.strip(), reading.contains) == (words, ())


# --- Apple's ---------------------------------------------------------------------------------------------

FORK = file("tjb.xlsx", made.apple(None), "application/applefile")

APPLE = {
    "AppleDouble": multipart("mixed", text("见附件"), multipart("appledouble", FORK, file("tjb.xlsx", FORM))),
    "the file first": multipart(
        "mixed", text("见附件"), multipart("appledouble", file("tjb.xlsx", FORM), FORK)
    ),
    "both side by side": multipart("mixed", text("见附件"), FORK, file("tjb.xlsx", FORM)),
    "of no type": multipart(
        "mixed", text("见附件"), file("._tjb.xlsx", made.apple(None)), file("tjb.xlsx", FORM)
    ),
    "AppleSingle": multipart(
        "mixed", text("见附件"), file("tjb.xlsx", made.apple(FORM), "application/applefile")
    ),
    "in an alternative": multipart(
        "alternative",
        text("见附件"),
        multipart("mixed", page("见附件"), multipart("appledouble", FORK, file("tjb.xlsx", FORM))),
    ),
}


@pytest.mark.parametrize("entity", APPLE.values(), ids=APPLE)
def test_nothing_is_said_of_what_a_mac_keeps_beside_a_file(entity: bytes, read: Read) -> None:
    require_only_the_form(read("a.eml", mail(entity)))


def test_nor_of_what_it_puts_into_a_zip(read: Read) -> None:
    members = [("tjb.xlsx", FORM), ("__MACOSX/._tjb.xlsx", made.apple(None)), ("._1.jpg", made.apple(None))]
    reading = read("a.zip", forms.zipped(members))
    assert (kinds(reading), told(reading)) == (["archive", "form"], [])


def test_a_file_that_is_only_named_like_one_is_read(read: Read) -> None:
    require_the_form(read("._tjb.xlsx", FORM))


LIVE = {
    "of a picture and a film": (["IMG_1.HEIC", "IMG_1.MOV"], 1),
    "in lower case": (["img_1.jpeg", "img_1.mov"], 1),
    "with its kind twice": (["IMG_1.HEIC.jpg", "IMG_1.HEIC.mov"], 1),
    "of two pictures": (["IMG_1.HEIC", "IMG_1.JPG", "IMG_1.MOV"], 1),
    "in a folder": (["live/IMG_1.HEIC", "live/IMG_1.MOV"], 1),
    "the film first": (["IMG_1.MOV", "IMG_1.HEIC"], 1),
}
FILM = b"\x00\x00\x00\x14ftypqt  " + b"\0" * 400


@pytest.mark.parametrize(("names", "photos"), LIVE.values(), ids=LIVE)
def test_a_phone_s_moving_photo_counts_once(names: list[str], photos: int, read: Read) -> None:
    members = [(name, FILM if name.lower().endswith(".mov") else photo(1)) for name in names]
    packed = forms.zipped(members)
    for name, raw in (("IMG_1.livp", packed), ("a.eml", forms.mail("照片", files=[("IMG_1.livp", packed)]))):
        reading = read(name, raw)
        assert kinds(reading).count("photo") == photos
        assert told(reading) == []


def test_a_film_beside_its_photo_in_a_mail_is_no_file_of_its_own(read: Read) -> None:
    both = [("IMG_1.jpg", photo(1)), ("IMG_1.MOV", FILM), ("IMG_2.jpg", photo(2))]
    reading = read("a.eml", forms.mail("照片", files=both))
    assert (kinds(reading), told(reading)) == (["message", "photo", "photo"], [])
    alone = read("a.eml", forms.mail("录像", files=[("现场.mov", FILM), ("IMG_2.jpg", photo(2))]))
    assert ("error", "not_supported") in told(alone)


# --- S/MIME ----------------------------------------------------------------------------------------------

INNER = multipart("mixed", text("见附件"), file("tjb.xlsx", FORM))


def smime(data: bytes, content_type: str = "application/pkcs7-mime", name: str = "smime.p7m") -> bytes:
    return mail(part(f'{content_type}; smime-type=signed-data; name="{name}"', data, name))


OPAQUE = {
    "DER": smime(made.signed(INNER)),
    "x-pkcs7-mime": smime(made.signed(INNER), "application/x-pkcs7-mime"),
    "octet-stream": smime(made.signed(INNER), "application/octet-stream"),
    "open ends": smime(made.streamed(INNER)),
    "open ends, small pieces": smime(made.streamed(INNER, 60)),
    "signed twice": smime(made.signed(smime(made.signed(INNER)))),
    "as a part": mail(
        multipart("mixed", text("转发"), part("application/pkcs7-mime", made.signed(INNER), "smime.p7m"))
    ),
    "a form in the text": smime(made.signed(text(forms.pairs()))),
    "a page": smime(made.signed(TABLE)),
}


@pytest.mark.parametrize("raw", OPAQUE.values(), ids=OPAQUE)
def test_what_is_signed_is_read(raw: bytes, read: Read) -> None:
    reading = read("a.eml", raw)
    [found] = [one for one in reading.everything() if one.form]
    require_the_form(found)
    assert told(reading) == []
    assert set(kinds(reading)) <= {"message", "form"}


def test_a_signed_mail_kept_as_a_file_is_a_mail(read: Read) -> None:
    require_only_the_form(read("smime.p7m", made.signed(INNER)))
    require_only_the_form(read("无名", made.streamed(INNER)))


@pytest.mark.parametrize(
    "kind", ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/octet-stream"]
)
def test_a_signature_beside_its_text_is_nothing_to_speak_of(kind: str, read: Read) -> None:
    signature = made.signed(INNER, detached=True)
    for name in ("smime.p7s", ""):
        raw = mail(multipart("signed", INNER, part(kind, signature, name)))
        require_only_the_form(read("a.eml", raw), "other")


def test_a_signature_under_a_documents_name_is_no_document(read: Read) -> None:
    assert told(read("报告.pdf", made.signed(INNER, detached=True))) == [("error", "not_supported")]


def test_of_an_enciphered_mail_the_sender_is_told_what_to_send_instead(read: Read) -> None:
    for raw in (
        smime(made.enveloped(INNER)),
        smime(made.enveloped(INNER), "application/x-pkcs7-mime"),
        smime(made.signed(smime(made.enveloped(INNER)))),
        mail(multipart("mixed", text("见附件"), file("密.p7m", made.enveloped(INNER)))),
        mail(part("application/octet-stream", made.enveloped(INNER), "无名.bin")),
    ):
        reading = read("a.eml", raw)
        assert told(reading) == [("error", "not_supported")]
        [said] = [one.text for inner in reading.everything() for one in inner.findings]
        assert "加密" in said and "请不加密重新发送" in said


def test_of_an_enciphered_pgp_mail_as_well(read: Read) -> None:
    block = (
        "-----BEGIN PGP MESSAGE-----\n\n"
        + base64.encodebytes(bytes(range(256))).decode()
        + "-----END PGP MESSAGE-----\n"
    )
    apart = multipart(
        "encrypted",
        part("application/pgp-encrypted", "Version: 1\n", encoding="7bit"),
        part("application/octet-stream", block, "encrypted.asc", "7bit"),
    )
    assert told(read("a.eml", mail(apart))) == [("error", "not_supported")]
    inline = read("a.eml", mail(text(f"见下\n{block}")))
    assert (told(inline), inline.text.strip()) == ([("error", "encrypted")], "见下")


@pytest.mark.parametrize("cut", [1, 10, 30, 60, 200])
def test_a_signed_message_cut_short_gives_nothing(cut: int) -> None:
    for whole in (made.signed(INNER), made.streamed(INNER)):
        assert signed_content(whole) == INNER
        assert signed_content(whole[:cut]) is None


@pytest.mark.parametrize(
    "data", [b"", b"0", b"0\x80", b"0\x80" * 99, b"0\x84\xff\xff\xff\xff", b"\x30\x03\x06\x01\x2a"]
)
def test_what_is_no_such_message_gives_nothing(data: bytes) -> None:
    assert (kind_of(data), signed_content(data)) == (None, None)


# --- pieces ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("inside", [False, True])
def test_a_piece_of_a_mail_is_asked_for_whole(number: int, inside: bool, read: Read) -> None:
    start = (len(INNER) // 2) * (number - 1)
    half = made.HEAD * (number == 1) + INNER[start : start + len(INNER) // 2]
    piece = part(f"message/partial; id=a; number={number}; total=2", half, encoding="7bit")
    reading = read("a.eml", mail(multipart("mixed", text("见附件"), piece) if inside else piece))
    assert told(reading) == [("error", "not_supported")]
    assert not {"form", "narrative"} & set(kinds(reading))
    [said] = [one.text for inner in reading.everything() for one in inner.findings]
    assert "完整的邮件重新发送" in said


def test_of_a_file_in_binhex_its_sender_is_told_what_to_send(read: Read) -> None:
    hqx = b'(This file must be converted with BinHex 4.0)\n\n:$f*TEQKPH#jdH3"!4dP8)3!"!\n:\n'
    for raw in (mail(file("tjb.hqx", hqx, "application/mac-binhex40")), mail(file("tjb.txt", hqx))):
        reading = read("a.eml", raw)
        assert told(reading) == [("error", "not_supported")]
        assert "请作为普通附件重新发送" in reading.contains[0].findings[0].text


def test_a_part_that_lies_elsewhere_is_asked_for(read: Read) -> None:
    away = part(
        'message/external-body; access-type=URL; URL="http://a.example/1.xlsx"',
        "Content-Type: x/y\n\n",
        encoding="7bit",
    )
    assert told(read("a.eml", mail(multipart("mixed", text("见附件"), away)))) == [("error", "not_supported")]


# --- Outlook's messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [0, 936, 65001, 54936, 1252, 950, 20127, 28591, 10008, 99999])
def test_an_outlook_message_in_gbk_is_read_whatever_code_page_it_names(named: int, read: Read) -> None:
    for number in (0x3FDE, 0x3FFD):
        message = containers.msg("报送统计表", "请查收附件", files=[("统计表.xlsx", FORM)], codepage=936)
        containers.name_codepage(message, number, named)
        reading = read("邮件.msg", containers.compound(message))
        require_only_the_form(reading)
        assert (reading.text, reading.contains[0].file) == ("请查收附件", "统计表.xlsx")


@pytest.mark.parametrize(
    ("charset", "named"), [("utf-8", 65001), ("utf-8", 936), ("utf-8", 0), ("big5", 950), ("cp932", 932)]
)
def test_one_in_another_code_page_is_read_as_well(charset: str, named: int, read: Read) -> None:
    words = "請查收" if charset == "big5" else "附件" if charset == "cp932" else "请查收附件"
    message = containers.msg("x", words, files=[("a.xlsx", FORM)], codepage=936, charset=charset)
    containers.name_codepage(message, 0x3FDE, named)
    reading = read("邮件.msg", containers.compound(message))
    require_only_the_form(reading)
    assert reading.text == words
