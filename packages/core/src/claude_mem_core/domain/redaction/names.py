# SPDX-License-Identifier: Apache-2.0
"""What the name of a value says about it: that it is secret, and of which family."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST_NAME = 128


class SecretName(NamedTuple):
    """What a name says.

    Attributes:
        family: The family of what it names.
        is_word: People choose such a value: it may look like a word.
    """

    family: str
    is_word: bool = False


_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = ("password", "passwd", "passphrase", "passcode", "passwort")
_SHORT_PASSWORDS = frozenset({"pass", "pwd", "pw", "userpass"})
_TOKENS = ("token", "jwt")
_CREDENTIALS = frozenset({"credential", "credentials", "creds"})
_KEYS = frozenset(
    (
        *("api", "access", "secret", "private", "signing", "encryption", "master"),
        *(
            "auth",
            "service",
            "account",
            "shared",
            "license",
            "admin",
            "role",
            "webhook",
        ),
        *("app", "application", "consumer", "deploy", "ssh", "session", "storage"),
        *("client", "server", "subscription", "ingest", "write", "hmac", "integration"),
        *("openai", "anthropic", "stripe", "datadog", "cohere", "heroku", "cloudflare"),
    )
)
"""What a key must be of to be secret: one of a map or of a table is not."""

_NO_TOKENS = frozenset(
    (
        *("next", "page", "continuation", "pad", "eos", "bos", "unk", "mask", "sep"),
        *("cls", "max", "min", "num", "per", "total", "sync", "stop", "special"),
        *("first", "last", "prev", "previous", "current", "input", "output", "prompt"),
        *("completion", "cached", "reasoning", "start", "end", "cancellation"),
    )
)
"""Tokens of a text, or of the page of a list."""

_ASIDE = frozenset(
    (
        *("value", "prod", "production", "staging", "stage", "dev", "test", "live"),
        *("old", "new", "primary", "secondary", "base64", "raw", "plain", "plaintext"),
        *("default", "string", "str", "development", "b64", "b", "local", "main"),
    )
)
"""What may follow the word that counts."""

_HEADERS = {
    "authorization": SecretName("authorization"),
    "proxyauthorization": SecretName("authorization"),
    "cookie": SecretName("cookie"),
    "setcookie": SecretName("cookie"),
    "auth": SecretName("credential"),
}
_VENDORS = tuple(
    (family, frozenset(words))
    for family, words in (
        ("aws-session-token", ("aws", "session")),
        ("aws-session-token", ("amz", "security")),
        ("aws-secret-key", ("aws",)),
        ("aws-secret-key", ("secret", "access")),
        ("azure-client-secret", ("azure", "secret")),
        ("azure-storage-key", ("account", "key")),
        ("azure-storage-key", ("storage", "key")),
        ("heroku-key", ("heroku",)),
        ("cloudflare-key", ("cloudflare",)),
        ("cloudflare-key", ("cf",)),
        ("datadog-key", ("datadog",)),
        ("datadog-key", ("dd",)),
        ("cohere-key", ("cohere",)),
        ("cohere-key", ("co", "api")),
        ("twilio-key", ("twilio",)),
        ("mailgun-key", ("mailgun",)),
        ("fly-token", ("fly",)),
        ("vault-token", ("vault",)),
    )
)
"""Families that only a name tells, by the words of it."""

FAMILIES = frozenset(
    (
        *(family for family, _ in _VENDORS),
        *("password", "secret", "token", "api-key", "credential"),
        *(one.family for one in _HEADERS.values()),
    )
)


@lru_cache(maxsize=4096)
def secret_name(name: str) -> SecretName | None:
    """What a name says of its value; None when it says nothing of a secret."""
    if len(name) > LONGEST_NAME:
        return None
    parts = [part.lower() for part in _PARTS.findall(name)]
    if known := _HEADERS.get("".join(parts)):
        return known
    while len(parts) > 1 and (parts[-1] in _ASIDE or parts[-1].isdigit()):
        parts.pop()
    return _judged(parts) if parts else None


def _judged(parts: list[str]) -> SecretName | None:
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last.endswith(_PASSWORDS) or (last in _SHORT_PASSWORDS and before):
        return SecretName("password", is_word=True)
    family = _family(last, before)
    return SecretName(_vendor(parts) or family) if family else None


def _family(last: str, before: str) -> str | None:
    word = last.removesuffix("s")
    if word.endswith("secret"):
        return "secret"
    if word.endswith(_TOKENS):
        return None if before in _NO_TOKENS else "token"
    if word == "key":
        return "api-key" if before in _KEYS else None
    if word.endswith("key") and word.removesuffix("key") in _KEYS:
        return "api-key"
    return "credential" if last in _CREDENTIALS else None


def _vendor(parts: list[str]) -> str | None:
    words = frozenset(parts)
    for family, needed in _VENDORS:
        if needed <= words:
            return family
    return None
