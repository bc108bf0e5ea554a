# SPDX-License-Identifier: Apache-2.0
"""A page in a browser gets in by no name and from no origin."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:37877",
        "localhost",
        "LocalHost:1",
        "[::1]",
        "[::1]:37877",
    ],
)
def test_a_name_of_loopback_is_let_in(client, host) -> None:
    assert client.get("/v1/projects", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "evil-localhost", "localhost.",
        "127.0.0.1.evil.example", "localhost:evil", "localhost:", "localhost:123456",
        "user@localhost", "localhost, evil.example", "0.0.0.0", "0", "127.1",  # noqa: S104 - a name, not a binding
        "2130706433", "0x7f000001", "::1", "[::1", "[::ffff:127.0.0.1]", "localhost/x",
        "localhost#", "localhost?", "127.0.0.2", "local host", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/healthz", "/v1/projects"])
def test_any_other_name_is_misdirected(client, host, path) -> None:
    answer = client.get(path, Host=host)

    assert answer.status == 421
    assert answer.json["error"] == "MisdirectedRequest"


@pytest.mark.parametrize("lines", ["", "Host: localhost\r\nHost: evil.example\r\n"])
def test_no_name_and_two_names_are_misdirected(client, lines) -> None:
    sent = f"GET /healthz HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"

    assert client.shout(sent.encode()).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "http://evil.example", "https://localhost", "http://localhost:1",
        "http://localhost.evil.example", "chrome-extension://abc", "file://",
        "moz-extension://abc", "http://127.0.0.1.evil.example", "https://127.0.0.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/healthz", "/v1/projects"])
def test_a_page_of_another_origin_is_forbidden(client, origin, path) -> None:
    answer = client.get(path, Origin=origin)

    assert answer.status == 403
    assert answer.json["error"] == "Forbidden"


def test_our_own_page_is_let_in(client) -> None:
    own = f"127.0.0.1:{client.port}"

    answer = client.get("/v1/projects", Host=own, Origin=f"http://{own}")

    assert answer.status == 200


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)],
)
def test_the_browsers_word_for_another_site_is_heard(client, site, status) -> None:
    assert client.get("/v1/projects", Sec_Fetch_Site=site).status == status


def test_no_answer_allows_a_foreign_page_anything(client) -> None:
    own = f"http://127.0.0.1:{client.port}"
    preflight = {"Origin": own, "Access_Control_Request_Method": "POST"}

    for answer in (
        client.get("/v1/projects", Origin=own),
        client.get("/v1/projects", Origin="http://evil.example"),
        client.send("OPTIONS", "/v1/projects", **preflight),
    ):
        assert not [name for name in answer.headers if "access-control" in name.lower()]


def test_a_foreign_preflight_is_denied(client) -> None:
    answer = client.send("OPTIONS", "/v1/events", Origin="http://evil.example")

    assert answer.status == 403
