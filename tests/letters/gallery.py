"""Draws every letter, to be looked at: HTML, text and subject into a folder, and pictures where chromium is there.

PYTHONPATH=. python tests/letters/gallery.py OUT
"""  # fmt: skip

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import made_up

from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register
from agent.letters import Letter, Letters, news

WIDTHS = (375, 1000)


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, letter in _letters().items():
        _write(out, name, letter)
        if shutil.which("chromium"):
            for wide in WIDTHS:
                _draw(out / f"{name}.html", wide)
        print(name)


def _letters() -> dict[str, Letter]:
    campaign = load_campaign(made_up.ROOT / "agent/demo/campaign/winter-warmth.yaml")
    register = load_register(made_up.ROOT / "agent/demo/campaign/units.yaml")
    letters = Letters([made_up.ROOT / "templates"], made_up.SENDER, made_up.CONTACT, campaign)
    cases = made_up.cases(campaign, register)
    token = made_up.TOKENS["H3"]
    drawn = {name: letters.reply(*case, case[0].received, token=token) for name, case in cases.items()}
    answered, before, _ = cases["correction"]
    drawn["acknowledgement"] = letters.acknowledgement(answered, answered.received)
    drawn["noted"] = letters.noted(answered, before, answered.received, True, ["腾讯微云：青年镇照片.zip"])
    monday, wednesday = made_up.moment("2024-03-04T09:30"), made_up.moment("2024-03-07T09:30")
    nothing = cases["receipt_first"][1]
    drawn["reminder"] = letters.reminder(nothing, ["a@town.example", "b@town.example"], monday)
    drawn["reminder_overdue"] = letters.reminder(cases["correction_first"][2], ["a@town.example"], wednesday)
    drawn["reminder_open"] = letters.reminder(cases["receipt_warnings"][2], ["a@town.example"], wednesday)
    evening = made_up.moment("2024-03-06T17:30")
    for name, busy in (("digest", True), ("digest_first_day", False)):
        overview = made_up.overview(campaign, register, evening, busy=busy)
        drawn[name] = letters.digest(overview, evening, news(overview), tokens=made_up.TOKENS, valid_days=7)
    drawn["decision"] = letters.decision(answered, made_up.decided(), made_up.moment("2024-03-06T18:06"))
    return drawn


def _write(out: Path, name: str, letter: Letter) -> None:
    mail = message_from_bytes(letter.raw, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    for subtype in ("html", "plain"):
        part = mail.get_body((subtype,))
        assert part is not None
        text = part.get_content()
        if subtype == "plain":
            text = f"{mail['From']}\n{mail['Subject']}\n\n{text}"
        (out / f"{name}.{'html' if subtype == 'html' else 'txt'}").write_text(text, encoding="utf-8")
    (out / f"{name}.eml").write_bytes(letter.raw)


def _draw(page: Path, wide: int) -> None:
    """The page in a frame of just that width: chromium's own window can't be as narrow as a phone."""
    frame = page.with_name(f"{page.stem}.{wide}.frame.html")
    tall = 1500 if wide > 500 else 1900
    frame.write_text(
        f'<body style="margin:0;background:#888"><iframe src="{page.name}" style="border:0;width:{wide}px;height:{tall}px"></iframe>'
    )
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", f"--user-data-dir={profile}", f"--window-size={max(wide, 500)},{tall}",
             f"--screenshot={page.with_name(f'{page.stem}.{wide}.png')}", frame.resolve().as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    frame.unlink()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path, help="the folder for what is drawn")
    main(asked.parse_args().out)
