# SPDX-License-Identifier: Apache-2.0
"""JSON that no two readers agree on is refused, whatever route it is sent to."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MIB = 1024 * 1024
STRICT = [
    "/v1/projects", "/v1/projects/identify", "/v1/sessions/start", "/v1/events",
    "/v1/events/batch", "/v1/memories", "/v1/memories/get", "/v1/search", "/v1/timeline",
    "/v1/context",
]  # fmt: skip
HOOK = "/hooks/claude-code/PostToolUse"
ROUTES = [*STRICT, HOOK]

BROKEN: dict[str, bytes] = {
    "nothing": b"", "white space": b" \t\r\n", "NaN": b'{"name":NaN}',
    "Infinity": b'{"name":Infinity}', "-Infinity": b'{"name":-Infinity}',
    "NaN alone": b"NaN", "no JSON": b"hello", "half an object": b'{"name":',
    "half a string": b'{"name":"a', "half an escape": b'{"name":"\\u00"}',
    "a comma at the end of an object": b'{"name":"a",}',
    "a comma at the end of an array": b'{"name":["a",]}',
    "a comma at the start": b'{,"name":"a"}', "no colon": b'{"name" "a"}',
    "a comment": b'{"name":"a"/* b */}', "a comment at the end": b'{"name":"a"} // b',
    "single quotes": b"{'name':'a'}", "a key without quotes": b'{name:"a"}',
    "a number as a key": b'{1:"a"}', "True": b'{"name":True}', "undefined": b'{"name":undefined}',
    "hex": b'{"name":0x1}', "a plus": b'{"name":+1}', "a zero before": b'{"name":01}',
    "a point before": b'{"name":.5}', "a point behind": b'{"name":5.}', "1e": b'{"name":1e}',
    "an escape that is none": b'{"name":"\\x41"}', "two values": b'{"name":"a"}{"name":"b"}',
    "garbage behind": b'{"name":"a"}\0', "NUL before": b'\0{"name":"a"}',
    "bad UTF-8": b'{"name":"\xff\xfe"}', "overlong UTF-8": b'{"name":"\xc0\xaf"}',
    "half of UTF-8": b'{"name":"\xe2\x82"}', "a raw surrogate": b'{"name":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"name":"\xf4\x90\x80\x80"}', "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "UTF-16 LE": '{"name":"a"}'.encode("utf-16-le"), "UTF-32": '{"name":"a"}'.encode("utf-32"),
    "Latin-1": '{"name":"é"}'.encode("latin-1"), "gzip": gzip.compress(b'{"name":"a"}'),
    "100,000 arrays": b"[" * 100_000 + b"]" * 100_000, "100,000 open arrays": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "null": b"null",
    "true": b"true", "a number": b"42", "a string": b'"name"', "XML": b"<name>a</name>",
    "a form": b"name=a&b=c", "an array of nothing": b"[]",
}  # fmt: skip
"""What no route takes."""

DOUBTFUL: dict[str, bytes] = {
    "BOM": b'\xef\xbb\xbf{"name":"a"}', "a line break in a string": b'{"name":"a\nb"}',
    "a control character in a string": b'{"name":"a\x01b"}',
    "1e999": b'{"metadata":{"a":1e999}}', "-1e999": b'{"metadata":{"a":-1e999}}',
    "2^63": b'{"metadata":{"a":9223372036854775808}}',
    "2^70": b'{"metadata":{"a":1180591620717411303424}}',
    "-2^70": b'{"metadata":{"a":-1180591620717411303424}}',
    "5,000 digits": b'{"metadata":{"a":' + b"9" * 5_000 + b"}}",
    "half a pair": b'{"name":"\\ud800"}', "the other half": b'{"name":"\\udc00"}',
    "a pair the wrong way round": b'{"name":"\\udc00\\ud800"}',
    "half a pair as a key": b'{"\\ud800":1}', "NUL": b'{"name":"\\u0000"}',
    "NUL as a key": b'{"\\u0000":1}', "a key twice": b'{"name":"a","name":"b"}',
    "an escaped key twice": b'{"name":"a","n\\u0061me":"b"}',
    "a key twice, within": b'{"metadata":{"a":{"b":1,"b":2}}}',
    "a key twice in an array": b'{"metadata":[[{"a":1,"a":1}]]}',
    "65 levels": b'{"metadata":' + b"[" * 64 + b"]" * 64 + b"}",
    "an array": b'[{"name":"a"}]', "__proto__": b'{"__proto__":{"name":"a"}}',
    "constructor": b'{"constructor":{"prototype":{}}}', "an unknown key": b'{"colour":1}',
    "teamId": b'{"name":"a","teamId":"b"}', "scopes": b'{"name":"a","scopes":["*"]}',
    "a key of 300 KB": b'{"' + b"a" * 300_000 + b'":1}', "an empty key": b'{"":1}',
    "a string of 300 KB": b'{"name":"' + b"a" * 300_000 + b'"}',
    "an array of 400,000": b'{"metadata":[' + b"0," * 400_000 + b"0]}",
    "50,000 keys": json.dumps({f"k{n}": n for n in range(50_000)}).encode(),
}  # fmt: skip
"""What a hook may say, as its report comes once, and nobody else."""

TYPES: dict[str, tuple[list[str], int]] = {
    "none": ([], 415), "empty": (["Content-Type: "], 415),
    "text": (["Content-Type: text/plain"], 415),
    "a form": (["Content-Type: application/x-www-form-urlencoded"], 415),
    "multipart": (["Content-Type: multipart/form-data; boundary=a"], 415),
    "text that is JSON": (["Content-Type: text/json"], 415),
    "a list": (["Content-Type: text/plain, application/json"], 415),
    "two of them": (["Content-Type: application/json"] * 2, 415),
    "a form with JSON": (["Content-Type: text/plain; application/json"], 415),
    "a longer name": (["Content-Type: application/json-seq"], 415),
    "a suffix": (["Content-Type: application/problem+json"], 415),
    "another charset": (["Content-Type: application/json; charset=utf-16"], 415),
    "a boundary": (["Content-Type: application/json; boundary=a"], 415),
    "gzip": (["Content-Type: application/json", "Content-Encoding: gzip"], 415),
    "identity, gzip": (["Content-Type: application/json", "Content-Encoding: identity, gzip"], 415),
    "JSON": (["Content-Type: application/json"], 400),
    "JSON in capitals": (["content-type: APPLICATION/JSON"], 400),
    "a charset": (["Content-Type: application/json; charset=UTF-8"], 400),
    "a quoted charset": (['Content-Type: application/json;charset="utf-8"'], 400),
    "identity": (["Content-Type: application/json", "Content-Encoding: identity"], 400),
}  # fmt: skip

JSON = ["Content-Type: application/json"]
WRONG = [
    None, True, 0, -1, 1.5, 2**63 - 1, -(2**63), 1e308, "", "a", "a" * 2_000, [], [[]],
    [None], ["a"] * 600, {}, {"a": {}}, [{"a": None}], "\u202e\x7f\x1b[2J", "🦀", "../..",
]  # fmt: skip
FIELDS = {
    "/v1/projects": ["name", "slug", "rootPath", "metadata"],
    "/v1/projects/identify": ["facts", "session"],
    "/v1/projects/resolve": ["facts"],
    "/v1/sessions/start": [
        "projectId", "projectFacts", "contentSessionId", "externalSessionId", "title",
        "platformSource", "memorySessionId", "agentId", "agentType", "metadata",
    ],
    "/v1/events": [
        "projectId", "sourceType", "eventType", "contentSessionId", "occurredAtEpoch",
        "payload", "platformSource", "sourceEventId", "toolUseId", "metadata",
    ],
    "/v1/memories": [
        "projectId", "kind", "type", "title", "subtitle", "text", "narrative", "facts",
        "concepts", "filesRead", "filesModified", "serverSessionId", "author", "trust",
        "confidence", "validFromEpoch", "validToEpoch", "sources", "metadata",
    ],
    "/v1/memories/get": ["ids", "evidence", "asOf", "knownAt"],
    "/v1/search": [
        "projectId", "projectIds", "projectFacts", "query", "limit", "view", "explain",
        "minConfidence", "kind", "type", "concept", "file", "sessionId", "author",
        "platformSource", "trust", "dateStart", "dateEnd", "asOf", "knownAt",
        "includeSuperseded", "includeExpired",
    ],
    "/v1/timeline": ["projectId", "anchor", "query", "depthBefore", "depthAfter", "view"],
    "/v1/context": [
        "projectId", "query", "files", "command", "error", "output", "limit", "explain",
        "tokenBudget", "characterBudget", "platformSource", "serverSessionId", "asOf",
    ],
}  # fmt: skip


def request(
    wire, path: str, body: bytes, lines: list[str], *, last: bool = True
) -> bytes:
    end = ["Connection: close"] if last else []
    fields = ["Host: localhost", *lines, f"Content-Length: {len(body)}", *end]
    head = "".join(f"{line}\r\n" for line in fields)
    return f"POST {path} HTTP/1.1\r\n{wire.key}{head}\r\n".encode() + body


def test_the_lists_are_as_long_as_is_promised() -> None:
    assert len(BROKEN) + len(DOUBTFUL) + len(TYPES) >= 100


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_json_is_refused_on_every_route(wire, name) -> None:
    for path in ROUTES:
        (reply,) = wire.ask(request(wire, path, BROKEN[name], JSON))

        assert (reply.status, reply.is_problem) == (400, True), path
        assert reply.json["issues"], path


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_json_is_refused_but_from_a_hook(wire, name) -> None:
    for path in STRICT:
        (reply,) = wire.ask(request(wire, path, DOUBTFUL[name], JSON))

        assert (reply.status, reply.is_problem) == (400, True), path
    (reply,) = wire.ask(request(wire, HOOK, DOUBTFUL[name], JSON))
    assert reply.status in (200, 400)


@pytest.mark.parametrize("name", TYPES)
def test_a_body_is_json_by_its_name_too(wire, name) -> None:
    lines, status = TYPES[name]
    for path in ROUTES:
        (reply,) = wire.ask(request(wire, path, b"no JSON", lines))

        assert (reply.status, reply.is_problem) == (status, True), path


@pytest.mark.parametrize(
    ("path", "size"),
    [("/v1/projects", MIB), ("/v1/events/batch", 8 * MIB), (HOOK, 16 * MIB)],
)
@pytest.mark.parametrize("over", [0, 1, MIB])
def test_a_body_is_no_longer_than_its_route_allows(wire, path, size, over) -> None:
    (reply,) = wire.ask(request(wire, path, b"x" * (size + over), JSON))

    assert (reply.status, reply.is_problem) == (413 if over else 400, True)


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_of_another_kind_never_makes_the_server_fail(wire, path) -> None:
    project = {"name": "lamp"} if path == "/v1/projects" else {"projectId": "nobody's"}
    bodies = [
        {**project, field: value} for field in FIELDS[path] for value in WRONG
    ] + [{FIELDS[path][0]: value} for value in WRONG]
    sent = [
        request(wire, path, json.dumps(body).encode(), JSON, last=body is bodies[-1])
        for body in bodies
    ]

    replies = wire.ask(b"".join(sent))

    assert len(replies) == len(bodies)
    for body, reply in zip(bodies, replies, strict=True):
        assert 200 <= reply.status < 500, body
        assert reply.status < 300 or reply.is_problem, body


def test_refusing_costs_the_server_no_memory_that_lasts(wire) -> None:
    def send_all() -> None:
        for body in [*BROKEN.values(), *DOUBTFUL.values()]:
            wire.ask(request(wire, "/v1/events/batch", body, JSON))
        for line in _large_bodies():
            (reply,) = wire.ask(request(wire, "/v1/events/batch", line, JSON))
            assert reply.status == 400

    wire.ask(wire.marked()[1])
    before = _resident(wire)
    for _ in range(2):
        send_all()

    assert _resident(wire) - before <= 32 * MIB


def _large_bodies() -> Iterator[bytes]:
    """As large as a route takes, and costly to read."""
    yield b"[" + b"1," * (MIB - 2) + b"x]"
    yield b"[" + b"[]," * (MIB // 2) + b"x]"
    yield b'["' + b"\\u0061" * MIB + b'"]'
    yield b'{"' + b'":0,"'.join(b"%d" % number for number in range(200_000)) + b'":x}'


def _resident(wire) -> int:
    status = Path(f"/proc/{wire.machine.server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024
