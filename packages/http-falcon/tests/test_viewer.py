# SPDX-License-Identifier: Apache-2.0
"""The viewer: a page that holds no data, and a code that is good for a key once."""

from __future__ import annotations

import re
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import DENIED, AuditQuery
from claude_mem_core.domain.scopes import ROLES
from claude_mem_http_falcon.app import build_app
from claude_mem_http_falcon.parts import PARTS
from claude_mem_http_falcon.viewer import POLICY
from falcon.testing import TestClient

HOUR = 3_600_000
PAGE = ["/", *(f"/viewer/{name}" for name in PARTS)]
FOLDER = files("claude_mem_http_falcon") / "viewer"
ENTER = "/v1/viewer/sessions"


def code(client, **headers: str) -> str:
    """A code for whoever holds the client's key."""
    made = client.post("/v1/viewer/codes", None, **headers)
    assert made.status == 201, made.json
    name, _, value = urlsplit(made.json["url"]).fragment.partition("=")
    assert name == "code"
    return value


def enter(client, value: str, **headers: str):
    return client.holding(None).post(ENTER, {"code": value}, **headers)


@pytest.mark.parametrize("path", PAGE)
def test_the_page_needs_no_key_and_says_what_a_browser_may_do(client, path) -> None:
    answer = client.holding(None).get(path)

    assert answer.status == 200
    assert answer.headers.get_all("Content-Security-Policy") == [POLICY]
    assert "unsafe" not in POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].endswith("; charset=utf-8")
    head = client.holding(None).send("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("path", PAGE)
def test_the_page_is_the_same_for_everybody(client, path) -> None:
    client.project("canary")

    assert client.get(path).body == client.holding(None).get(path).body


@pytest.mark.parametrize(
    "path", ["/v1/projects", "/v1/info", "/healthz", "/v1/viewer/codes", "/hooks/x/y"]
)
def test_every_other_answer_lets_a_browser_do_nothing(client, path) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]

    assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/viewer/absent.js", 404),
        ("/viewer/index.html", 404),
        ("/viewer/%2e%2e", 404),
        ("/viewer/..%2fapp.py", 401),
        ("/viewer/", 404),
        ("/viewer/../app.py", 401),
        ("/viewer", 401),
        ("/viewer/style.css/more", 401),
        ("/index.html", 401),
    ],
)
def test_what_is_no_file_of_the_page_is_a_problem(client, path, status) -> None:
    answer = client.holding(None).get(path)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_file_of_the_folder_is_served_and_no_other_is_listed() -> None:
    there = {one.name for one in FOLDER.iterdir()}

    assert there == {"index.html", *PARTS}


def test_the_page_has_no_script_and_no_style_of_its_own() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")

    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "<style" not in page
    assert re.findall(r"\s(?:style|on\w+)=", page) == []
    assert set(re.findall(r'(?:href|src)="(/[^"]*)"', page)) <= set(PAGE)


WAYS_TO_MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|eval\(|Function\(|"
    r"createContextualFragment|DOMParser|\.style\b|https?:"
)


@pytest.mark.parametrize("name", [name for name in PARTS if name.endswith(".js")])
def test_no_text_becomes_markup_and_nothing_comes_from_elsewhere(name) -> None:
    source = (FOLDER / name).read_text("utf-8")

    assert re.findall(WAYS_TO_MARKUP, source) == []


def test_a_code_gives_a_key_that_reads_for_twelve_hours(client) -> None:
    now = client.runtime.system.now()
    made = enter(client, code(client))

    assert made.status == 201
    assert made.json["expiresAtEpoch"] - now == pytest.approx(12 * HOUR, abs=60_000)
    assert set(made.json["key"]["scopes"]) == ROLES["reader"]
    assert "keyHash" not in made.json["key"]
    page = client.holding(made.json["apiKey"])
    assert page.get("/v1/sessions").status == 200
    assert page.post("/v1/projects", {"name": "x"}).status == 403
    assert page.post("/v1/viewer/codes").status == 403


def test_a_code_is_good_once(client) -> None:
    value = code(client)

    assert enter(client, value).status == 201
    again = enter(client, value)

    assert again.status == 401
    assert again.json["code"] == "unauthenticated"
    assert "claude-mem viewer" in again.json["message"]


def test_the_address_is_under_the_name_by_which_the_server_was_called(client) -> None:
    made = client.post("/v1/viewer/codes", None, Host=f"localhost:{client.port}")

    assert made.json["url"].startswith(f"http://localhost:{client.port}/#code=")


def test_a_key_that_comes_of_a_code_is_in_the_log_and_can_be_revoked(client) -> None:
    made = enter(client, code(client)).json

    rows = client.get(f"/v1/audit?targetId={made['key']['id']}").json["audit"]
    [own] = [one for one in client.get("/v1/keys").json["keys"] if one["isLocal"]]
    assert [one["action"] for one in rows] == ["api_key.create"]
    assert rows[0]["actorId"] == own["id"]
    client.post(f"/v1/keys/{made['key']['id']}/revoke")
    assert client.holding(made["apiKey"]).get("/v1/sessions").status == 401


def test_a_code_that_nobody_used_leaves_nothing(client) -> None:
    before = client.get("/v1/keys").json

    code(client)

    assert client.get("/v1/keys").json == before


def test_whoever_guesses_codes_is_slowed_down_like_whoever_guesses_keys(client) -> None:
    good = code(client)
    statuses = [enter(client, f"guess {one}").status for one in range(12)]

    assert statuses == [401] * 10 + [429] * 2
    shut = enter(client, "one more")
    assert shut.headers["Retry-After"]
    # Who guessed keys before is no stranger here.
    assert client.holding("nonsense").get("/v1/projects").status == 429
    assert enter(client, good).status == 201


def test_what_was_refused_is_counted_in_the_log(client) -> None:
    enter(client, "a guess")
    client.runtime.servings.write_down(closes=True)

    query = AuditQuery(action=DENIED)
    [row] = client.runtime.audit.list(query, by=Principal.local()).audit
    assert (row.metadata["status"], row.metadata["count"]) == (401, 1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Host": "evil.test"}, 421),
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_no_foreign_page_shows_a_code(client, headers, status) -> None:
    value = code(client)

    assert enter(client, value, **headers).status == status
    assert enter(client, value).status == 201


@pytest.mark.parametrize(
    "body", [{}, {"code": ""}, {"code": "x" * 257}, {"code": 1}, {"code": "x", "y": 1}]
)
def test_what_has_not_the_form_of_a_code_is_refused(client, body) -> None:
    assert client.holding(None).post(ENTER, body).status == 400


def test_a_body_that_is_too_long_for_a_code_is_refused(client) -> None:
    assert client.holding(None).post(ENTER, {"code": "x" * 2_000}).status == 413


def test_a_code_is_of_its_makers_team_and_project(client) -> None:
    lamp, stairs = client.project("Lamp"), client.project("Stairs")
    maker = client.issue("keys:manage", *ROLES["reader"], project_id=lamp)

    page = client.holding(enter(client, code(client.holding(maker))).json["apiKey"])

    assert [one["id"] for one in page.get("/v1/projects").json["projects"]] == [lamp]
    assert page.get(f"/v1/sessions?projectId={stairs}").status == 403


def test_nobody_lets_a_page_do_what_they_may_not(client) -> None:
    manager = client.holding(client.issue("keys:manage", "memories:read"))

    assert manager.post("/v1/viewer/codes").status == 403


def test_no_code_and_no_key_is_in_the_log_of_requests(client, caplog) -> None:
    caplog.set_level("INFO")
    value = code(client)
    made = enter(client, value).json
    enter(client, value)

    assert "/v1/viewer/sessions" in caplog.text
    assert value not in caplog.text
    assert made["apiKey"] not in caplog.text


def test_the_page_is_served_where_a_proxy_serves_it_too(runtime) -> None:
    browser = TestClient(build_app(runtime))

    answer = browser.simulate_get("/", headers={"Host": "localhost", "Via": "1.1 p"})

    assert answer.status_code == 200
