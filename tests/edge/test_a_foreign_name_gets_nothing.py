# SPDX-License-Identifier: Apache-2.0
"""Who calls the server by another name, or from a page of another origin, gets nothing."""

from __future__ import annotations

import pytest

OURS = [
    "127.0.0.1", "127.0.0.1:{port}", "localhost", "localhost:{port}", "LOCALHOST",
    "LocalHost:{port}", "[::1]", "[::1]:{port}", "localhost:1", "localhost:65535",
    "localhost \t",
]  # fmt: skip
OTHERS = [
    "evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.nip.io",
    "evil-localhost", "localhostevil", "localhost:evil", "localhost.", "127.0.0.1.",
    "localhost:", "localhost:0", "localhost:65536", "localhost:99999", "localhost:-1",
    "localhost:+1", "localhost:{port}:{port}", "localhost:{port}.evil.example",
    "user@localhost", "user:pass@localhost:{port}", "localhost@evil.example",
    "0.0.0.0", "0", "127.1", "127.0.0.2", "2130706433", "0x7f000001", "0x7f.1",  # noqa: S104 - a name
    "0177.0.0.1", "017700000001", "::1", "[::1", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1%25lo]", "127.0.0.1, localhost",
    "local\thost", "localhost/", "localhost\\", "http://localhost", "*", "",
]  # fmt: skip

OWN_ORIGINS = ["http://127.0.0.1:{port}", "HTTP://127.0.0.1:{port}"]
OTHER_ORIGINS = [
    "null", "", "http://evil.example", "https://evil.example", "http://127.0.0.1",
    "http://127.0.0.1:1", "http://localhost:{port}", "http://[::1]:{port}",
    "https://127.0.0.1:{port}", "ws://127.0.0.1:{port}", "http:/127.0.0.1:{port}",
    "127.0.0.1:{port}", "//127.0.0.1:{port}", "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1.evil.example:{port}",
    "http://evil.example/127.0.0.1:{port}", "http://127.0.0.1:{port}@evil.example",
    "http://evil.example@127.0.0.1:{port}", "http://127.0.0.1:{port}#evil.example",
    "http://127.0.0.1:{port}, http://evil.example", "http://0.0.0.0:{port}",
    "http://evil.example http://127.0.0.1:{port}", "http://2130706433:{port}",
    "http://127.1:{port}", "http://127.0.0.1.:{port}", "http://127.0.0.1:0{port}",
    "chrome-extension://abcdefghijklmnop", "moz-extension://abc", "safari-extension://a",
    "file://", "data:", "blob:http://127.0.0.1:{port}", "app://localhost", "undefined",
]  # fmt: skip

SITES = {
    "none": 200, "same-origin": 200, "Same-Origin": 200, "cross-site": 403,
    "same-site": 403, "": 403, "null": 403, "none, cross-site": 403,
    "same-origin, same-origin": 403, "same-origin;x": 403, "same origin": 403,
}  # fmt: skip
PATHS = ["/healthz", "/v1/projects"]


def request(
    wire, *lines: str, path: str = "/v1/projects", method: str = "GET"
) -> bytes:
    _, _, port = wire.authority.partition(":")
    head = f"{method} {path} HTTP/1.1\r\n{wire.key}"
    fields = "".join(f"{line}\r\n" for line in lines).replace("{port}", port)
    return f"{head}{fields}Connection: close\r\n\r\n".encode()


def test_the_lists_are_as_long_as_is_promised() -> None:
    assert len({*OURS, *OTHERS}) >= 40
    assert len({*OWN_ORIGINS, *OTHER_ORIGINS}) >= 30


@pytest.mark.parametrize("host", OURS)
def test_a_name_of_loopback_is_let_in(wire, host) -> None:
    (reply,) = wire.ask(request(wire, f"Host: {host}"))

    assert reply.status == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", OTHERS)
def test_any_other_name_is_misdirected(wire, host, path) -> None:
    (reply,) = wire.ask(request(wire, f"Host: {host}", path=path))

    assert reply.status == 421
    assert reply.json["code"] == "misdirected_request"


@pytest.mark.parametrize(
    ("lines", "path", "status"),
    [
        ([], "/healthz", 421),
        (["Host: localhost", "Host: evil.example"], "/healthz", 421),
        (["Host: evil.example", "Host: localhost"], "/healthz", 421),
        (["Host: localhost", "host: localhost"], "/healthz", 421),
        (["Host: local\0host"], "/healthz", 400),
        (["Host : localhost"], "/healthz", 400),
        (["Host: localhost"], "http://evil.example/healthz", 400),
        (["Host: evil.example"], "http://localhost/healthz", 400),
        (["Host: evil.example"], "http://evil.example/healthz", 421),
        (["Host: localhost"], "http://localhost@evil.example/healthz", 400),
        (["Host: localhost"], "http://localhost:1/healthz", 400),
        (["Host: localhost"], "http://localhost/healthz", 200),
        (["Host: evil.example", "X-Forwarded-Host: localhost"], "/healthz", 421),
        (["Host: evil.example", "Forwarded: host=localhost"], "/healthz", 421),
        (["X_Host: a", "Host_: localhost"], "/healthz", 421),
    ],
)  # fmt: skip
def test_a_name_that_is_absent_doubled_or_disputed(wire, lines, path, status) -> None:
    (reply,) = wire.ask(request(wire, *lines, path=path))

    assert reply.status == status


@pytest.mark.parametrize("origin", OWN_ORIGINS)
def test_our_own_page_is_let_in(wire, origin) -> None:
    sent = request(wire, "Host: 127.0.0.1:{port}", f"Origin: {origin}")

    assert [reply.status for reply in wire.ask(sent)] == [200]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_a_page_of_another_origin_is_forbidden(wire, origin, path) -> None:
    sent = request(wire, "Host: 127.0.0.1:{port}", f"Origin: {origin}", path=path)

    (reply,) = wire.ask(sent)

    assert reply.status == 403
    assert reply.json["code"] == "forbidden"


def test_two_origins_are_none_of_ours(wire) -> None:
    own = "Origin: http://127.0.0.1:{port}"

    (reply,) = wire.ask(request(wire, "Host: 127.0.0.1:{port}", own, own))

    assert reply.status == 403


@pytest.mark.parametrize(("site", "status"), SITES.items())
def test_the_browsers_word_for_another_site_is_heard(wire, site, status) -> None:
    (reply,) = wire.ask(request(wire, "Host: localhost", f"Sec-Fetch-Site: {site}"))

    assert reply.status == status


def test_no_answer_allows_a_page_anything(wire) -> None:
    names = [OWN_ORIGINS[0], *OTHER_ORIGINS]
    asked = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: *"]
    replies = [
        reply
        for origin in names
        for method, more in [("GET", []), ("OPTIONS", asked)]
        for reply in wire.ask(
            request(
                wire,
                "Host: 127.0.0.1:{port}",
                f"Origin: {origin}",
                *more,
                method=method,
            )
        )
    ]

    assert len(replies) == 2 * len(names)
    assert not [
        name
        for reply in replies
        for name in reply.headers
        if name.startswith(("access-control-allow", "cross-origin-resource-policy: c"))
    ]


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/events", "/hooks/claude-code/Stop", "*"]
)
def test_a_foreign_preflight_is_denied(wire, path) -> None:
    asked = ["Origin: http://evil.example", "Access-Control-Request-Method: POST"]

    (reply,) = wire.ask(
        request(wire, "Host: localhost", *asked, path=path, method="OPTIONS")
    )

    assert reply.status == 403
