# SPDX-License-Identifier: Apache-2.0
"""What somebody could send to keep the search for secrets busy for as long as possible.

Each is a unit that is repeated, or a shape of JSON with many small parts. They are
among the slowest of some thousands that were tried: every word that a rule looks for,
before and after all that may stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue
from pydantic_core import to_json

UNITS = (
    *("token=", "token:", "auth=", "auth:=", "auth>", 'token="', "pwd=", "PWD= a"),
    *("auth=a,b&", "secret=", "password: ", "password=", "k.e.y=", "a=", "key"),
    *("x-api-key:", "--token:", "--token ", 'passwd] : "', "auth=.", "auth=é"),
    *(
        "DB_PWD=Aa1! ",
        'DB_PWD=a,b="',
        "api_pwd=Aa1!;",
        'api_pwd=a/b="',
        "api_pwd=aB3dE5gH7 ",
    ),
    *("password=aaaa1;", "auth: aB3dE5gH7\n", "SECRET: aB3dE5gH7\n", "apikey=1/a/a "),
    *("TOKEN:aB3dE5gH7\\n", 'SECRET=aB3dE5gH7="', "token=your_1", "secret=example1 "),
    *("token=[redacted:token]", 'token=\\"a1\\",', '\\\\\\"token\\\\\\":\\\\\\"'),
    *("-eyJ", "-ops_eyJ", "fo1_", "sk-", "-eyJ" * 1000 + ".eyJ ", "ghp_aB3dE5gH7jK9m"),
    *("-----BEGIN", "-----BEGIN PRIVATE KEY-----@end ", "-----BEGIN PRIVATE KEY-----@"),
    *("-----BEGIN RSA PRIVATE KEY-----\nQUJDREVGR0hJSktMTU5PUFFS\n", "END ", "begin "),
    *("kind: Secret\n", "kind: Secret\ndata:\n  a: b\n", "kind: secret --- key\n"),
    *("://", "://a:", "://a:b@", "authorization=key=", "authorization: token ", "q~"),
    *("basic QUJDREVGR0hJ ", "bearer aB3dE5gH7jK9mN1p ", "login a password ", "sig="),
    *("<private>", "</private>", "&lt;private&gt;", "< ", '"', "\\", "\\u0041", "%41"),
    *(
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY",
        "aB3dE5gH7jK9mN1pQ4rS6tU8vW0xY2z ",
        "aB",
        "İ",
    ),
)

_EVERY_WORD = (
    "password=aB3dE5gH7 kind: secret pwd=xyz1!a basic bearer auth curl hooks ://"
)


def _numbered(*, text: str) -> Callable[[int], JsonValue]:
    def shape(count: int) -> JsonValue:
        named: dict[str, JsonValue] = {text.format(at): "" for at in range(count)}
        return {**named, "z": _EVERY_WORD}

    return shape


SHAPES: Mapping[str, Callable[[int], JsonValue]] = {
    "empty strings": lambda count: [*[""] * count, _EVERY_WORD],
    "strings of six": lambda count: [*["aaaaaa"] * count, _EVERY_WORD],
    "strings with secrets": lambda count: ["token=a1"] * count,
    "strings below a name": lambda count: {"password": ["a1"] * count},
    "pairs": lambda count: [["token", ""]] * count,
    "names": _numbered(text="password{}"),
    "keys": _numbered(text="{}"),
    "keys that become one": _numbered(text="ghp_aB3dE5gH7jK9mN1pQ4rS6tU8vW0xY2{:06}"),
    "private keys": _numbered(text="<private>{}"),
    "private messages": lambda count: [{f"{at}": "<private>"} for at in range(count)],
    "private parts": lambda count: ["<private>", "&lt;private>"] * count,
    "objects": lambda count: [{"kind": "Secret", "data": {"a": "b"}}] * count,
}
"""JSON by how many parts it has."""

LONGEST_NAME = 32


def inputs(size: int) -> Mapping[str, JsonValue]:
    """Each hostile input, at most `size` characters long, by what it repeats."""
    texts: dict[str, JsonValue] = {
        repr(unit[:LONGEST_NAME]): (unit * (size // len(unit) + 1))[:size]
        for unit in UNITS
    }
    texts["numbers"] = "".join(f"A_{at:x}_secret=" for at in range(size // 8))[:size]
    return texts | {name: _filled(shape, size) for name, shape in SHAPES.items()}


def _filled(shape: Callable[[int], JsonValue], size: int) -> JsonValue:
    """The shape with as many parts as fit."""
    trial = 64
    a_part = len(to_json(shape(2 * trial))) - len(to_json(shape(trial)))
    return shape(max(1, (size - len(to_json(shape(0)))) * trial // (a_part + trial)))
