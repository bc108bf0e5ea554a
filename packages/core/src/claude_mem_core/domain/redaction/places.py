# SPDX-License-Identifier: Apache-2.0
"""Secrets that their place tells: in an address, a header, a `.netrc`, a connection."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import NamedTuple

from claude_mem_core.domain.redaction import values
from claude_mem_core.domain.redaction.spans import (
    Ahead,
    Finder,
    Rule,
    Span,
    Text,
    places_of,
)


class Place(NamedTuple):
    """A place where a secret stands.

    Attributes:
        gate: A word without which the text holds no such place, one of few: so all
            rules together ask for few words.
        word: Where to look, in small letters.
        back: How far before the word `shape` begins.
        near: What stands after the word, as a regular expression, and how far behind it
            at most: it spares most of the places where only the word stands.
        more: What may follow a secret that is longer than `shape` looks at.
        shape: A regular expression, whose group 1 is the secret.
        is_secret: Whether what stands there is one.
    """

    family: str
    gate: str
    word: str
    shape: str
    is_secret: Callable[[str], bool]
    back: int = 0
    near: tuple[str, int] | None = None
    more: str = ""


_LONG = 16


def _is_no_gap(value: str) -> bool:
    return not values.is_gap(value) and not values.is_code(value)


def _is_part_of_address(value: str) -> bool:
    return bool(value) and value[0] not in "$<{[%*" and "${" not in value


def _is_long(value: str) -> bool:
    return len(value) >= _LONG and values.is_random(value)


def _is_pair(value: str) -> bool:
    """Whether a Basic credential is one: a name and a password, in base64."""
    try:
        whole = b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        return False
    return b":" in whole and whole.isascii()


_USER = r"[^\s/?#:@\"'<>\\]"
_MORE = r"[A-Za-z0-9._~+/=-]{0,3840}"
_NO_USER = r"[\s/?#@\"'<>\\]"
_NO_CONNECTION = r"[;\s\"'&]"
_PASSWORD = r"[^\s/?#@\"'<>\\]"  # noqa: S105 - the letters of one
PLACES = (
    Place(
        "url-password",
        "://",
        "://",
        rf"://{_USER}{{0,128}}+:({_PASSWORD}{{1,256}}+)@",
        _is_part_of_address,
        near=(_NO_USER, 128 + 256 + 1),
    ),
    Place(
        "url-password",
        "://",
        "://",
        rf"://({_USER}{{16,256}}+)@",
        _is_long,
        near=(_NO_USER, 256),
    ),
    Place(
        "slack-webhook",
        "hooks",
        "hooks.slack.com/",
        r"(?i:hooks\.slack\.com)/(?:services|workflows|triggers)/"
        r"([A-Za-z0-9]{6,16}/[A-Za-z0-9]{6,16}(?:/[A-Za-z0-9]{8,64}){1,2})",
        bool,
    ),
    Place(
        "discord-webhook",
        "hooks",
        "/api/webhooks/",
        r"/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{40,100})",
        bool,
    ),
    Place(
        "basic-credentials",
        "basic ",
        "basic",
        r"(?i:basic)[ \t]{1,4}([A-Za-z0-9+/_-]{8,1024}={0,2})",
        _is_pair,
    ),
    Place(
        "bearer-token",
        "bearer",
        "bearer",
        r"(?i:bearer)[ \t]{1,4}([A-Za-z0-9._~+/=-]{12,256})",
        values.is_random,
        more=_MORE,
    ),
    Place(
        "authorization",
        "auth",
        "authorization",
        r"(?i:authorization)\\{0,4}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,4}[\"']?"
        r"(?i:token|apikey|api-key|key|digest|negotiate|ntlm|aws4-hmac-sha256)[ \t=]"
        r"{1,4}([A-Za-z0-9._~+/=-]{12,256})",
        values.is_random,
        more=_MORE,
    ),
    *(
        Place(
            "fly-token",
            head,
            head,
            rf"(?<![A-Za-z0-9])({head}[ar]?_[A-Za-z0-9+/=_,%-]{{40,2048}})",
            bool,
        )
        for head in ("fm1", "fm2")
    ),
    Place(
        "netrc-password",
        "pass",
        "login",
        r"(?i:login)\s{1,8}\S{1,128}\s{1,8}(?i:password)\s{1,8}([^\s\"\'`\\]{1,256})",
        _is_no_gap,
    ),
    Place(
        "netrc-password",
        "pass",
        "machine",
        r"(?i:machine)\s{1,8}\S{1,128}\s{1,8}(?i:password)\s{1,8}([^\s\"\'`\\]{1,256})",
        _is_no_gap,
    ),
    Place(
        "azure-storage-key",
        "key",
        "accountkey=",
        r"(?i:accountkey)=([A-Za-z0-9+/%]{40,128}={0,2})",
        bool,
    ),
    Place(
        "azure-storage-key",
        "key",
        "sharedaccesskey=",
        r"(?i:sharedaccesskey)=([A-Za-z0-9+/%]{40,128}={0,2})",
        bool,
    ),
    Place(
        "azure-sas",
        "sig=",
        "sig=",
        r"(?<![A-Za-z0-9])(?i:sig)=([A-Za-z0-9%+/_-]{40,128}={0,2})",
        values.is_random,
    ),
    Place(
        "azure-client-secret",
        "q~",
        "q~",
        r"(?<![A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})"
        r"(?![A-Za-z0-9_~.-])",
        bool,
        back=4,
    ),
    Place(
        "connection-password",
        "pwd",
        "pwd=",
        r"(?i:pwd)=([^;\s\"'&]{4,256}+)(?=;|\s|\"|'|\Z)",
        lambda value: _is_no_gap(value) and not values.is_plain(value),
        near=(_NO_CONNECTION, 256),
    ),
    Place(
        "connection-password",
        "pass",
        "password=",
        r"(?i:password)=([^;\s\"'&]{4,256}+)(?=;)",
        _is_no_gap,
        near=(_NO_CONNECTION, 256),
    ),
    Place(
        "command-password",
        "curl",
        "-u ",
        r"(?<=\s)-u [\"']?[^\s:\"'$]{1,128}:([^\s\"'$/][^\s\"']{3,256})",
        values.is_password,
    ),
    Place(
        "command-password",
        "curl",
        "--user",
        r"--user[ =][\"']?[^\s:\"'$]{1,128}:([^\s\"'$/][^\s\"']{3,256})",
        values.is_password,
    ),
)

_DATABASE = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|"
    r"clickhouse|cockroachdb|db2|nats|kafka)(?:\+[a-z0-9]{1,20})?\Z"
)
LONGEST_SCHEME = 32
FAMILIES = frozenset(("database-url", *(place.family for place in PLACES)))


def _finder(place: Place) -> Finder:
    shape = re.compile(place.shape, re.ASCII)
    near = re.compile(place.near[0]) if place.near else None
    more = re.compile(place.more) if place.more else None

    def find(text: Text) -> Iterator[Span]:
        done = 0
        for at in _places(place, near, text):
            found = _found(text.text, shape, at, place.back) if at >= done else None
            if found is not None and place.is_secret(found[1]):
                start, end = found.span(1)
                if more is not None and (rest := more.match(text.text, end)):
                    end = rest.end()
                done = max(end, found.end())
                yield Span(start, end, _family(place, text, at))

    return find


def _places(place: Place, near: re.Pattern[str] | None, text: Text) -> Iterator[int]:
    """Where the place's word stands, and what must be near to it is."""
    every = places_of(place.word, text.lowered)
    if near is None or place.near is None:
        yield from every
        return
    ahead = Ahead(near, text.text)
    for at in every:
        after = at + len(place.word)
        if ahead.of(after) - after <= place.near[1]:
            yield at


def _family(place: Place, text: Text, at: int) -> str:
    """The place's family; that of a database's address is told by its scheme."""
    if place.family != "url-password":
        return place.family
    scheme = text.lowered[max(0, at - LONGEST_SCHEME) : at]
    return "database-url" if _DATABASE.search(scheme) else place.family


def _found(
    text: str, shape: re.Pattern[str], at: int, back: int
) -> re.Match[str] | None:
    if not back:
        return shape.match(text, at)
    for start in range(max(0, at - back), at):
        if found := shape.match(text, start):
            return found
    return None


RULES = tuple(Rule((place.gate,), _finder(place)) for place in PLACES)
