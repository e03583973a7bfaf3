"""Is a mail signed by the domain that its From names? DKIM (RFC 6376), verified here, with keys from the DNS.

For mailboxes whose provider writes no Authentication-Results. Only the sender's own domain is asked for keys.
"""

from __future__ import annotations

import calendar
import datetime as dt
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from agent.base.mimehead import MAX_HEAD
from agent.mail.authentication import Signed, aligned
from agent.mail.message import Message

if TYPE_CHECKING:
    import dns.resolver

_quiet = logging.getLogger(__name__)
_quiet.setLevel(logging.CRITICAL)  # the library calls each wrong signature an error

Keys = Callable[[str], bytes | None]
"""A name in the DNS → its TXT record's text; None where there is none. Raises `Unanswered`."""

TIMEOUT = 5.0
"""Seconds that the DNS has for an answer."""

MOST = 4
"""Signatures of the sender's domain that are looked at."""

_LEEWAY = 36_000  # seconds: clocks are wrong


class Unanswered(Exception):
    """The DNS gave no answer: neither a key nor that there is none."""


def signed(raw: bytes, message: Message, received: dt.datetime, keys: Keys | None = None) -> Signed:
    """What the mail's DKIM signatures by its sender's own domain come to.

    Args:
        raw: the mail's bytes.
        message: the same, parsed.
        received: when the mailbox got it: by that moment a signature may have run out.
        keys: where keys are looked up; None: in the DNS.
    """
    if not message.sender or message.claims != 1:
        return "none"
    found = {_one(raw, index, received, keys or key_in_dns) for index in _own(raw, message.sender)}
    order: tuple[Signed, ...] = ("pass", "unanswered", "fail", "none")
    return next((one for one in order if one in found), "none")


def key_in_dns(name: str) -> bytes | None:
    """The TXT record at a name, by the machine's own name servers.

    Raises:
        Unanswered: they gave no answer.
    """
    import dns.exception
    import dns.resolver

    try:
        resolver = _resolver()
        answer = resolver.resolve(name, "TXT", lifetime=TIMEOUT, raise_on_no_answer=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN):
        return None
    except (dns.exception.Timeout, dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration) as error:
        raise Unanswered(str(error)) from error
    except dns.exception.DNSException:  # no name that the DNS could know
        return None
    except OSError as error:
        raise Unanswered(str(error)) from error
    texts = [b"".join(record.strings) for record in answer.rrset or ()]
    return next((one for one in texts if b"p=" in one), None)


def _resolver() -> dns.resolver.Resolver:
    import dns.resolver

    return dns.resolver.Resolver()


def _own(raw: bytes, sender: str) -> Iterator[int]:
    """The places of those DKIM signatures that the sender's own domain made: no other domain is asked for keys."""
    import dkim

    places = []
    head, _ = _head_and_body(raw)
    try:
        parsed = dkim.DKIM(head, logger=_quiet)
        fields = [value for name, value in parsed.headers if name.lower() == b"dkim-signature"]
    except Exception:  # a stranger's bytes: whatever the library says of them
        return
    for place, value in enumerate(fields):
        tags = _tags(value)
        domain = tags.get(b"d", b"").decode("ascii", "replace")
        if aligned(domain, sender) and _vouches(tags):
            places.append(place)
    yield from places[:MOST]


def _head_and_body(raw: bytes) -> tuple[bytes, int]:
    """The head, and where the body begins; no head where it is longer than any."""
    end = _HEAD_ENDS.search(raw, 0, MAX_HEAD)
    if end is not None:
        return raw[: end.start()], end.end()
    return (raw, len(raw)) if len(raw) <= MAX_HEAD else (b"", len(raw))


_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")


def _body(raw: bytes, at: int, relaxed: bool) -> bytes:
    """The body as the library would make it out of the mail's lines (RFC 6376 section 3.4), and as good as canonical.

    The library takes a time that grows with the square of a run of blanks, and makes a list of all lines.
    """
    body = raw[at:]
    if body.count(b"\n") != body.count(b"\r\n"):
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if relaxed:
        body = re.sub(rb"[\t ]+", b" ", body).replace(b" \r\n", b"\r\n")
    kept = len(body.rstrip(b"\r\n"))
    if body.count(b"\r\n", kept) * 2 == len(body) - kept and len(body) > kept:
        body = body[:kept] + b"\r\n"
    return body


def _tags(value: bytes) -> Mapping[bytes, bytes]:
    from dkim.util import InvalidTagValueList, parse_tag_value

    try:
        tags: Mapping[bytes, bytes] = parse_tag_value(value)
    except InvalidTagValueList:
        return {}
    return tags


def _vouches(tags: Mapping[bytes, bytes]) -> bool:
    """Whether such a signature, were it good, would say something about who wrote all of the mail."""
    covered = re.split(rb"\s*:\s*", tags.get(b"h", b"").strip().lower())
    # With a length, anything may stand behind what was signed; SHA-1 can be forged (RFC 8301).
    return b"from" in covered and b"l" not in tags and tags.get(b"a") == b"rsa-sha256"


def _one(raw: bytes, place: int, received: dt.datetime, keys: Keys) -> Signed:
    """What one signature comes to: ``none`` where its key isn't there any more, or is none."""
    import dkim

    class AsReceived(dkim.DKIM):  # type: ignore[misc]
        """Judges a signature's time by when the mail was received: the agent may have been stopped for weeks."""

        def verify_headerprep(self, idx: int = 0) -> object:
            header = [one for one in self.headers if one[0].lower() == b"dkim-signature"]
            tags = dict(_tags(header[idx][1]))
            timeless = {name: value for name, value in tags.items() if name not in (b"t", b"x")}
            dkim.validate_signature_fields(timeless)
            _check_time(tags, received)
            self.domain, self.selector = tags[b"d"], tags[b"s"]
            return tags, [one.lower() for one in re.split(rb"\s*:\s*", tags[b"h"])], header

    answered: list[bytes | None] = []

    def look_up(name: bytes, timeout: float) -> bytes | None:  # noqa: ARG001  # as the library calls it
        try:
            answered.append(keys(name.decode("ascii")))
        except UnicodeDecodeError:
            answered.append(None)
        return answered[-1]

    head, at = _head_and_body(raw)
    try:
        received_mail = AsReceived(head, logger=_quiet)
        signatures = [value for name, value in received_mail.headers if name.lower() == b"dkim-signature"]
        ways = _tags(signatures[place]).get(b"c", b"").lower().partition(b"/")[2].strip()
        received_mail.body = _body(raw, at, relaxed=ways == b"relaxed")
        good = received_mail.verify(place, look_up)
    except Unanswered:
        return "unanswered"
    except dkim.ValidationError:
        return "fail"
    except Exception:  # a stranger's bytes, signature and key: whatever the library says of them
        return "none"
    if good:
        return "pass"
    return "fail" if answered and answered[-1] else "none"


def _check_time(tags: Mapping[bytes, bytes], received: dt.datetime) -> None:
    """Raises where the signature had run out, or wasn't made yet, when the mail was received."""
    import dkim

    at = calendar.timegm(received.utctimetuple())
    made, ends = (tags.get(name) for name in (b"t", b"x"))
    for one in (made, ends):
        if one is not None and not re.fullmatch(rb"\d{1,12}", one):
            raise dkim.ValidationError("t= or x= is no moment")
    if (made and int(made) > at + _LEEWAY) or (ends and int(ends) < at - _LEEWAY):
        raise dkim.ValidationError("not valid when it was received")


SIGNED = "signed"
"""The envelope's key for it: an agent.mail.authentication.Signed."""
