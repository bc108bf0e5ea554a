# SPDX-License-Identifier: Apache-2.0
"""A body is JSON and says so, and is no longer than its route allows."""

from __future__ import annotations

import json

import pytest

KIB = 1024
MIB = 1024 * KIB
GOOD = json.dumps({"name": "Lamp"}).encode()


@pytest.mark.parametrize(
    "kind",
    [
        "application/json", "Application/JSON", "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)  # fmt: skip
def test_json_by_its_name_is_read(client, kind) -> None:
    assert client.send("POST", "/v1/projects", GOOD, Content_Type=kind).status == 201


@pytest.mark.parametrize(
    "kind",
    [
        None, "", "text/plain", "text/plain; application/json", "application/jsonx",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/json; charset=utf-16", "application/json, text/plain", "*/*",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/projects", "/hooks/claude-code/Stop"])
def test_a_body_of_any_other_kind_is_refused(client, kind, path) -> None:
    answer = client.send("POST", path, GOOD, Content_Type=kind)

    assert answer.status == 415
    assert answer.json["error"] == "UnsupportedMediaType"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/projects"), ("POST", "/v1/projects"), ("POST", "/v1/search")],
)
@pytest.mark.parametrize(
    ("query", "name"), [("generate=false", "generate"), ("v", "v"), ("&", "query")]
)
def test_a_parameter_in_the_address_is_refused_by_its_name(
    client, method, path, query, name
) -> None:
    answer = client.send(method, f"{path}?{query}", GOOD)

    assert answer.status == 400
    assert [issue["field"] for issue in answer.json["issues"]] == [name]


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("GET", "/v1/jobs", "status=queued"),
        ("POST", "/v1/events", "wait=true"),
        ("POST", "/v1/events/batch", "generate=true"),
    ],
)
def test_a_route_with_parameters_takes_these_alone_and_each_once(
    client, method, path, known
) -> None:
    name = known.partition("=")[0]
    unknown = client.send(method, f"{path}?{known}&nothing=1", GOOD)
    twice = client.send(method, f"{path}?{known}&{known}", GOOD)

    assert (unknown.status, twice.status) == (400, 400)
    assert [issue["field"] for issue in unknown.json["issues"]] == ["nothing"]
    assert name in unknown.json["issues"][0]["cause"]
    assert [issue["field"] for issue in twice.json["issues"]] == [name]
    assert "more than once" in twice.json["issues"][0]["cause"]


def test_who_asks_for_health_or_reports_a_hook_may_add_a_parameter(client) -> None:
    assert client.get("/healthz?now=1").status == 200
    assert client.send("POST", "/hooks/claude-code/Stop?v=1", b"{}").status == 200


def test_a_packed_body_is_refused(client) -> None:
    answer = client.send("POST", "/v1/projects", GOOD, Content_Encoding="gzip")

    assert answer.status == 415


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/v1/projects", MIB),
        ("/v1/search", MIB),
        ("/v1/events/batch", 8 * MIB),
        ("/hooks/claude-code/Stop", 16 * MIB),
        ("/v1/sessions/nowhere/end", KIB),
    ],
)
def test_the_limit_of_a_route_is_exact(client, path, limit) -> None:
    at_limit = client.send("POST", path, b" " * limit)
    beyond = client.send("POST", path, b" " * (limit + 1))

    assert at_limit.status == 400
    assert beyond.status == 413
    assert str(limit) in beyond.json["message"]


def test_a_body_beyond_every_limit_is_refused_in_the_same_shape(client) -> None:
    answer = client.send("POST", "/v1/events", b" " * (17 * MIB))

    assert answer.status == 413
    assert answer.json["error"] == "PayloadTooLarge"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_chunked_body_is_read_and_measured(client) -> None:
    head = (
        "POST /v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {client.key}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    spaces = b"100000\r\n" + b" " * 0x100000 + b"\r\n"

    good = client.shout(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD))
    long = client.shout(head + spaces + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD))

    assert good.startswith(b"HTTP/1.1 201 ")
    assert long.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b"nul", b'{"name": "x",}', b'{"name": "\xff"}', b'{"name": NaN}',
     b'{"name": "x", "name": "y"}', b'{"name": 1e999}', b'{"name": "\\ud800"}',
     b'{"name": "\\u0000"}', b"[" * 100_000, b'{"metadata": {"a": 1%b}}' % (b"0" * 30),
     b"1", b"null", b"[]", b'"name"', b"\xef\xbb\xbf{}", b'{"name": "x"} {}'],
)  # fmt: skip
def test_doubtful_json_is_refused_and_nothing_is_made(client, sent) -> None:
    answer = client.send("POST", "/v1/projects", sent)

    assert answer.status == 400
    assert answer.json["issues"]
    assert client.get("/v1/projects").json == {"projects": []}
