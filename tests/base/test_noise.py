"""Encoded noise is never a narrative; what a person writes is none, however it looks."""

from __future__ import annotations

import base64
import binascii
import quopri
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.base.noise import TOLD, without_noise
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.files import read_file, read_message
from tests.commands import mail
from tests.handling.test_bringing import ACCOUNT
from tests.outcome.bureau import NOON, bureau, kinds, sender_of

DATA = bytes(number * 37 % 251 for number in range(3000))
BASE64 = base64.encodebytes(DATA).decode()
UU = "".join(binascii.b2a_uu(DATA[at : at + 45]).decode() for at in range(0, len(DATA), 45))

NOISE = {
    "base64": BASE64,
    "base64 on one line": base64.b64encode(DATA).decode(),
    "base64, quoted": "".join(f"> {line}\n" for line in BASE64.splitlines()),
    "base64 for the web": base64.urlsafe_b64encode(DATA).decode(),
    "uuencode without its begin": UU,
    "quoted-printable": quopri.encodestring(ACCOUNT.encode()).decode(),
    "quoted-printable of GBK": quopri.encodestring(ACCOUNT.encode("gbk")).decode(),
    "percent signs": urllib.parse.quote(ACCOUNT),
    "references": ACCOUNT.encode("ascii", "xmlcharrefreplace").decode(),
    "escapes": ACCOUNT.encode("ascii", "backslashreplace").decode(),
    "hexadecimal": "\n".join(DATA[at : at + 32].hex() for at in range(0, 2000, 32)),
    "base85": "\n".join(
        base64.b85encode(DATA).decode()[at : at + 76].replace("@", "a") for at in range(0, 3000, 76)
    ),
    "PGP": f"-----BEGIN PGP MESSAGE-----\n\n{BASE64}-----END PGP MESSAGE-----\n",
    "a key": f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{BASE64}-----END PGP PUBLIC KEY BLOCK-----\n",
    "yEnc": f"=ybegin line=128 size=3000 name=a.xlsx\n{DATA.decode('latin-1')}\n=yend size=3000",
    "signs that came to harm": "锟斤拷锟斤拷锟斤拷锟斤拷" * 20,
    "lost signs": "\ufffd" * 200,
}

WORDS = {
    "an account": ACCOUNT,
    "on one line": ACCOUNT.replace("\n", ""),
    "web addresses": "\n".join(["https://www.town.example/news/" + "a1" * 40] * 3),
    "mail addresses": "\n".join(["very.long.name.of.somebody@" + "town." * 12 + "example"] * 3),
    "ruled lines": "\n".join(["-" * 76, "=" * 76, "_" * 300, "*" * 76]),
    "numbers": "\n".join(["13800000000"] * 5 + ["12 5 36 20 1.5 1.2 300"] * 3),
    "figures set apart": "\n".join(["12-5-36-20-15-12-300-2-1-9-3-1-0-12-5-36-20"] * 3),
    "figures on a long line": "12/5/36/20/1.5/1.2/300/2/1/9/3/1/0/" * 12,
    "a row behind capitals": "M1 PATROLS TOTAL AND JOINT PATROLS OF THE TOWN AND VILLAGES XX\n12 5 36 20 1.5 1.2 300",
    "a number of an account": "账号 6222020200012345678901234567890\n账号 6222020200012345678901234567891",
    "English": "The quick brown fox jumps over the lazy dog, and does so again and again and again.\n" * 5,
    "a long file name": "winter_campaign_report_of_the_town_of_qingnian_2024_final_version_3",
    "percents": "完成率达到100%，满意率98%，覆盖率95%，达标率92%，知晓率90%，到位率99%",
    "nothing but percents": "90%91%92%93%94%95%96%97%98%99%",
    "sums": "12=12=36=36=20=20=15=15=30=30=21=21",
    "equals": "巡查=12=次 出动=36 动员=20 发放=30 劝导=9 救助=1",
    "one line of letters": "Y2hlY2tzdW0gb2YgdGhlIGZpbGUgaXMgdGhpcyBvbmUgaGVyZQ",
    "lost in between": "今日巡查\ufffd12次，出动\ufffd36人次。" * 5,
    "emphasis": "！！！！！！！！！！！！！！！！重要！！！！！！！！！！！！！！",
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_noise_leaves_nothing(noise: str) -> None:
    assert "".join(without_noise(noise).text.split()) == ""
    found = without_noise(f"您好，附件请查收。\n\n{noise}\n\n青年镇\n12")
    assert found.text.split() == ["您好，附件请查收。", "青年镇", "12"]


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_stay_as_they_are(words: str) -> None:
    found = without_noise(words)
    assert (found.text, found.noise, found.enciphered) == (words, 0, False)


def test_what_was_signed_in_clear_stays() -> None:
    signature = f"-----BEGIN PGP SIGNATURE-----\n\n{BASE64}-----END PGP SIGNATURE-----"
    signed = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{ACCOUNT}\n- -- \n青年镇\n{signature}\n"
    found = without_noise(signed)
    assert found.text.strip() == f"{ACCOUNT}\n-- \n青年镇"
    assert (found.noise, found.enciphered) == (0, False)


def test_only_what_needs_a_key_is_enciphered() -> None:
    assert without_noise(NOISE["PGP"]).enciphered
    assert not without_noise(NOISE["a key"]).enciphered


SHAPES: dict[str, Callable[[str], str]] = {
    "alone": lambda noise: noise,
    "below words": lambda noise: f"请查收\n\n{noise}",
    "above words": lambda noise: f"{noise}\n\n请查收",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("kind", [one for one in NOISE if one != "a key"])
def test_a_mail_of_noise_is_no_narrative_and_its_sender_is_told(
    kind: str, shape: Callable[[str], str], campaign: Campaign, register: Register
) -> None:
    raw = mail(text=shape(NOISE[kind]))
    reading = read_message("mail", raw, campaign, register, NOON.date())
    assert {(one.severity, one.rule) for one in reading.findings} <= {
        ("error", "unreadable"),
        ("error", "encrypted"),
    }
    assert reading.findings and all("重新发送" in one.text for one in reading.findings)
    assert reading.text.split() in ([], ["请查收"])


@pytest.mark.parametrize("kind", [one for one in NOISE if one not in ("a key", "yEnc")])
def test_a_file_of_noise_is_no_narrative(kind: str, campaign: Campaign, register: Register) -> None:
    for name in ("情况.txt", "附件1.bin"):
        reading = read_file(name, NOISE[kind].encode(), campaign, register, NOON.date())
        assert reading.kind in ("other", "unreadable", "card")
        assert reading.findings and all("发" in one.text for one in reading.findings)


def test_a_unit_s_mail_of_noise_is_answered_with_what_to_send(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letters = office.receive(office.mail(sender_of("qingnian"), text=BASE64))
        assert kinds(letters) == ["correction"]
        assert "编码文字" in letters[0].text
        assert office.unit("qingnian")["narrative"]["status"] == "missing"


def test_a_little_noise_beside_an_account_is_not_spoken_of() -> None:
    words = f"{ACCOUNT}\n{'a1b2c3d4' * 6}\n{ACCOUNT}"
    assert without_noise(words).noise < TOLD
