"""Signed mails, and a name server on this machine that knows their keys."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import functools
import socket
import threading
from collections.abc import Iterator, Mapping

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@functools.cache
def key(name: str = "one", bits: int = 2048) -> tuple[bytes, bytes]:
    """A private key, and the text of its TXT record."""
    made = rsa.generate_private_key(65537, bits)
    private = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def sign(
    raw: bytes,
    domain: str = "town.example",
    *,
    selector: str = "s1",
    private: bytes | None = None,
    headers: tuple[bytes, ...] | None = None,
    algorithm: bytes = b"rsa-sha256",
    length: bool = False,
    at: dt.datetime,
    add: bytes = b"",
) -> bytes:
    """The mail with a DKIM signature above it, made at that moment; ``add`` puts tags (x=…) into it, signed, too."""
    signer = dkim.DKIM(raw, signature_algorithm=algorithm)
    plain = signer.gen_header

    def with_tags(fields: list[tuple[bytes, bytes]], *more: object, **options: object) -> bytes:
        made_at = str(int(at.timestamp())).encode()
        timed = [(name, made_at if name == b"t" else value) for name, value in fields]
        made: bytes = plain([*timed[:-1], *_tags(add), timed[-1]], *more, **options)
        return made

    signer.gen_header = with_tags
    covered = headers or tuple(signer.all_sign_headers())
    header: bytes = signer.sign(
        selector.encode(), domain.encode(), private or key()[0], include_headers=list(covered), length=length
    )
    return header + raw


def _tags(text: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, _, value in (one.partition(b"=") for one in text.split(b";") if one)]


@contextlib.contextmanager
def name_server(texts: Mapping[str, bytes | None]) -> Iterator[dns.resolver.Resolver]:
    """A resolver whose server knows these TXT records; one of None is a failure, and of no other there is any.

    What the server was asked is in the resolver's ``asked``.
    """
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], door.getsockname()[1]
    resolver.asked = []  # type: ignore[attr-defined]
    server = threading.Thread(target=_serve, args=(door, texts, resolver.asked), daemon=True)  # type: ignore[attr-defined]
    server.start()
    try:
        yield resolver
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", door.getsockname())
        server.join(5)
        door.close()


def _serve(door: socket.socket, texts: Mapping[str, bytes | None], asked: list[str]) -> None:
    while True:
        data, whence = door.recvfrom(4096)
        if not data:
            return
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text()
        asked.append(name)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name not in texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif texts[name] is None:
            reply.set_rcode(dns.rcode.SERVFAIL)
        else:
            text = (texts[name] or b"").decode()
            pieces = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", pieces))
        door.sendto(reply.to_wire(), whence)
