"""Secrets that are shown once and stored nowhere, and what is signed with them. Source: the Standard Webhooks specification 1.0.

A secret is made of a random salt, which the row keeps, and a key of the installation, which the database never sees: whoever
steals a dump signs nothing. With another SECRET_KEY it is another secret, so the row also keeps by what to recognise the right one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "whsec_"
_PURPOSE = "factcheck.webhooks.secret"


class Made(NamedTuple):
    """What is kept of a secret, and the secret itself, which is not."""

    salt: str
    check: str
    secret: str


def new_secret() -> Made:
    salt = random.token_hex(32)
    key = _key(salt, settings.SECRET_KEY)
    return Made(salt, _check(key), written(key))


def written(key: bytes) -> str:
    return PREFIX + base64.b64encode(key).decode()


def key_of(salt: str, check: str) -> bytes | None:
    """The key of a secret; None where it was made with a SECRET_KEY that this installation does not know any more."""
    for installation in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = _key(salt, installation)
        if hmac.compare_digest(_check(key), check):
            return key
    return None


def _key(salt: str, installation: str) -> bytes:
    return salted_hmac(_PURPOSE, salt, secret=installation, algorithm="sha256").digest()


def _check(key: bytes) -> str:
    # Of 256 random bits: nobody finds the key by trying.
    return hashlib.sha256(key).hexdigest()


def headers(message_id: str, at: datetime, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """Of one attempt: the id, when it is made, and one signature for each key."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    made = [base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in made),
    }
