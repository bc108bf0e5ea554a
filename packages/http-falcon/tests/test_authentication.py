# SPDX-License-Identifier: Apache-2.0
"""Nobody gets in without a key that counts and allows it."""

from __future__ import annotations

import json
import re

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.deeds import DEEDS
from claude_mem_core.domain.scopes import ROLES, SCOPES
from claude_mem_core.errors import ForbiddenError
from claude_mem_http_falcon.authentication import require_standing
from claude_mem_http_falcon.routes import ROUTES


def issued(client, *scopes: str, **fields: object) -> str:
    """A new key with these scopes."""
    raw: str = client.issue(*scopes, **fields)
    return raw


def filled(path: str) -> str:
    """A path of this template, to things that do not exist."""
    return re.sub(r"{\w+}", "nowhere", path)


CLOSED = [
    (row.method, filled(row.path), row.deed) for row in ROUTES if row.deed is not None
]


@pytest.mark.parametrize(("method", "path"), [row[:2] for row in CLOSED])
def test_every_other_route_needs_a_key(client, method, path) -> None:
    client.key = None

    answer = client.send(method, path, b"{}")

    assert answer.status == 401
    assert answer.json["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(("method", "path", "deed"), CLOSED)
def test_every_route_needs_its_scope(client, method, path, deed) -> None:
    client.key = issued(client, *(SCOPES.keys() - {deed.scope}))

    answer = client.send(method, path, b"{}")

    assert answer.status == 403
    assert repr(deed.scope) in answer.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "deed"),
    [one for one in CLOSED if one[2].team != "server"],
)
def test_its_scope_is_enough_for_every_route(client, method, path, deed) -> None:
    # To make a key is to give away what one has: here, all that there is, and for a
    # page what a reader may.
    given = ROLES["reader"] if path == "/v1/viewer/codes" else ()
    client.key = issued(client, deed.scope, *given)
    body = json.dumps({"scopes": [deed.scope]} if path == "/v1/keys" else {})

    answer = client.send(method, path, body.encode())

    assert answer.status not in (401, 403)


def test_a_path_that_is_no_route_needs_a_key_too(client) -> None:
    client.key = None

    assert client.get("/nowhere").status == 401


@pytest.mark.parametrize("key", ["", "nonsense", "cmem_sk_", "x" * 10_000])
def test_what_is_no_key_opens_nothing(client, key) -> None:
    client.key = key

    assert client.get("/v1/projects").status == 401


def test_a_revoked_and_an_expired_key_open_nothing(client) -> None:
    for key in (
        issued(client, "*", status="revoked"),
        issued(client, "*", expires_at_epoch=1),
    ):
        client.key = key

        assert client.get("/v1/projects").status == 401


def test_the_other_header_opens_too(client) -> None:
    key, client.key = client.key, None

    assert client.get("/v1/projects", X_Api_Key=key).status == 200


def test_the_bearer_token_goes_before_the_other_header(client) -> None:
    key, client.key = client.key, "nonsense"

    assert client.get("/v1/projects", X_Api_Key=key).status == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_spelt_in_any_case(client, scheme) -> None:
    key, client.key = client.key, None

    answer = client.get("/v1/projects", Authorization=f"{scheme} {key}")

    assert answer.status == 200


@pytest.mark.parametrize(
    "length",
    [
        b"Content-Length: 5",
        b"Content-Length: 99999999999",
        b"Transfer-Encoding: chunked",
    ],
)
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_without_a_key_no_body_is_waited_for(client, length, expect) -> None:
    sent = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n%b\r\n%b\r\n"

    with client.line() as line:
        line.sendall(sent % (length, expect))
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"application/problem+json" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_without_a_key_a_broken_body_is_not_looked_at(client) -> None:
    client.key = None

    assert client.send("POST", "/v1/events", b"{", Content_Type="text/x").status == 401


def test_without_a_key_a_long_body_is_answered_and_not_cut_off(client) -> None:
    client.key = None

    for _ in range(5):
        assert client.send("POST", "/v1/events", b"x" * 6_000_000).status == 401


def test_a_caller_with_a_key_is_asked_for_its_body(client) -> None:
    sent = (
        "POST /v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
        f"\r\nAuthorization: Bearer {client.key}\r\nContent-Length: 12\r\n"
        "Expect: 100-continue\r\n\r\n"
    )

    with client.line() as line:
        line.sendall(sent.encode())
        asked = line.recv(65536)
        line.sendall(b'{"name":"x"}')
        answer = line.recv(65536)

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("deed", DEEDS.values(), ids=lambda deed: deed.action)
def test_a_deed_beyond_the_caller_is_refused_before_any_service_is_asked(deed) -> None:
    whole = Principal(team_id="ours")
    limited = whole.changed(project_id="one")
    refused = [refuses(deed, caller) for caller in (whole, limited, Principal.local())]

    of_server = deed.team == "server"
    assert refused == [of_server, of_server or deed.whole_team, False]


def refuses(deed, caller) -> bool:
    """Whether the guard stops a caller who has every scope."""
    try:
        require_standing(deed, caller)
    except ForbiddenError:
        return True
    return False
