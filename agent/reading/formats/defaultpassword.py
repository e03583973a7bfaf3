"""Workbooks that Excel encrypts with a password of its own, which every Excel knows, to keep others from changing them.

Nobody is asked for it ([MS-OFFCRYPTO] 2.4.2.3), so their senders don't know that there is one.
"""

from __future__ import annotations

import io
import re

PASSWORD = "VelvetSweatshop"
LONGEST_INFO = 64 * 1024  # bytes of what is said about the encryption; usually one or two thousand
MOST_ROUNDS = 1_000_000  # of deriving the key; usually 100,000

_ROUNDS = re.compile(rb"spinCount\s*=\s*[\"']\s*([0-9]{1,20})")


def without_default_password(data: bytes) -> bytes | None:
    """The file as it is without encryption; None where it has another password, or none that this knows of."""
    from olefile import OleFileIO

    try:
        with OleFileIO(io.BytesIO(data)) as compound:
            if compound.exists("EncryptionInfo") and not _is_usual(
                compound.openstream("EncryptionInfo").read()
            ):
                return None
        return _decrypted(data)
    except Exception:  # the libraries take whatever the sectors and streams claim: then it stays closed
        return None


def _is_usual(info: bytes) -> bool:
    rounds = [int(found) for found in _ROUNDS.findall(info)]
    return len(info) <= LONGEST_INFO and b"<!" not in info and max(rounds, default=0) <= MOST_ROUNDS


def _decrypted(data: bytes) -> bytes:
    import msoffcrypto

    file = msoffcrypto.OfficeFile(io.BytesIO(data))
    if "verify_password" in file.load_key.__code__.co_varnames:
        file.load_key(password=PASSWORD, verify_password=True)
    else:  # the older formats always verify it
        file.load_key(password=PASSWORD)
    out = io.BytesIO()
    file.decrypt(out)
    return out.getvalue()
