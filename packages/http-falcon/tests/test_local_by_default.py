# SPDX-License-Identifier: Apache-2.0
"""Nobody else's machine gets in unless it was meant to, and no page ever by itself."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.errors import ConfigurationError
from claude_mem_http_falcon.app import build_app
from claude_mem_http_falcon.routes import ROUTES, row_at
from claude_mem_http_falcon.server import HttpFrontEnd
from claude_mem_http_falcon.settings import HttpSettings
from falcon.testing import TestClient

OPEN_IN_LOCAL_DEV = {
    ("GET", "/v1/memories/{memory_id}"),
    ("POST", "/v1/memories/get"),
    ("GET", "/v1/search"),
    ("POST", "/v1/search"),
    ("GET", "/v1/timeline"),
    ("POST", "/v1/timeline"),
    ("POST", "/v1/context"),
}


@pytest.fixture
def open_locally(runtime, serving):
    """A client without a key, of a server in the mode for local development."""
    with serving(runtime, auth_mode="local-dev") as client:
        client.project("Lighthouse")
        client.key = None
        yield client


@pytest.fixture
def in_process(runtime):
    """Calls the application with any peer and header, past every socket."""

    def call(method: str, path: str, peer: str = "127.0.0.1", **given: str):
        app = build_app(runtime, settings=HttpSettings(auth_mode="local-dev"))
        headers = {
            "Host": "127.0.0.1",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): text for name, text in given.items()},
        }
        return TestClient(app).simulate_request(
            method, path, headers=headers, body="{}", remote_addr=peer
        )

    return call


def path_of(template: str) -> str:
    """A path of this template, to things that do not exist."""
    return "/".join(
        "nowhere" if part.startswith("{") else part for part in template.split("/")
    )


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_local_development_opens_the_serving_of_memories_and_nothing_else(
    in_process, row
) -> None:
    answer = in_process(row.method, path_of(row.path))

    is_open = row.deed is None or (row.method, row.path) in OPEN_IN_LOCAL_DEV
    assert (answer.status_code == 401) != is_open


@pytest.mark.parametrize(
    "given",
    [
        {"peer": "192.0.2.7"}, {"peer": "::ffff:192.0.2.7"}, {"peer": "nonsense"},
        {"Forwarded": "for=1.2.3.4"}, {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Host": "localhost"}, {"X_Forwarded_Anything": "x"},
        {"Via": "1.1 proxy"}, {"X_Real_IP": "127.0.0.1"},
        {"Authorization": "Bearer nonsense"}, {"Authorization": ""},
        {"X_Api_Key": "nonsense"},
    ],
)  # fmt: skip
def test_local_development_opens_nothing_to_who_may_be_somebody_else(
    in_process, given
) -> None:
    assert in_process("POST", "/v1/search", **given).status_code == 401


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"Origin": "http://127.0.0.1"}, 400), ({"Sec_Fetch_Site": "same-origin"}, 400),
        ({"Sec_Fetch_Site": "none"}, 400), ({"peer": "::1"}, 400),
        ({"peer": "::ffff:127.0.0.1"}, 400), ({"peer": "127.9.9.9"}, 400),
        ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)  # fmt: skip
def test_local_development_asks_a_browser_where_its_page_is_from(
    in_process, given, status
) -> None:
    # 400: the body of a question that came in says nothing.
    assert in_process("POST", "/v1/search", **given).status_code == status


def test_a_foreign_origin_that_is_named_needs_a_key_all_the_same(runtime) -> None:
    origin = "https://notes.example"
    settings = HttpSettings(auth_mode="local-dev", cors_origins=origin)
    client = TestClient(build_app(runtime, settings=settings))

    answer = client.simulate_get(
        "/v1/search", headers={"Host": "localhost", "Origin": origin}
    )

    assert answer.status_code == 401


def test_a_real_server_in_that_mode_lets_a_body_through_and_says_so(
    open_locally,
) -> None:
    body = b'{"query": "lamp", "projectFacts": {"name": "Lighthouse"}}'

    assert open_locally.send("POST", "/v1/search", body).status == 200
    assert open_locally.send("POST", "/v1/context", body).status == 200
    for way in ({"X_Forwarded_For": "1.2.3.4"}, {"Via": "1.1 proxy"}):
        assert open_locally.send("POST", "/v1/search", body, **way).status == 401
        assert open_locally.get("/v1/search", **way).status == 401
    assert open_locally.post("/v1/events", {}).status == 401
    assert open_locally.get("/v1/info").json["authMode"] == "local-dev"


def test_the_mode_is_told_in_the_log_of_the_start(runtime, serving, caplog) -> None:
    with serving(runtime):
        assert "local-dev" not in caplog.text
    with serving(runtime, auth_mode="local-dev"):
        assert "local-dev" in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104
def test_local_development_is_refused_beyond_loopback(runtime, host) -> None:
    client_key = runtime.access.new_local_token()
    runtime.access.admit_local_token(client_key)
    settings = HttpSettings(host=host, port=0, auth_mode="local-dev")

    with pytest.raises(ConfigurationError, match=r"CLAUDE_MEM_AUTH_MODE.*HOST"):
        HttpFrontEnd(settings).serve(runtime, ready=pytest.fail)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
def test_beyond_loopback_there_must_be_a_key_besides_the_machines_own(
    client, serving, host
) -> None:
    runtime = client.runtime
    front_end = HttpFrontEnd(HttpSettings(host=host, port=0))
    for fields in ({"status": "revoked"}, {"expires_at_epoch": 1}):
        client.issue("*", **fields)
    client.issue("*", user_id="somebody who left")
    with pytest.raises(ConfigurationError, match=r"CLAUDE_MEM_HOST.*no key"):
        front_end.serve(runtime, ready=pytest.fail)

    client.issue("projects:read")

    with serving(runtime, host=host) as reachable:
        assert reachable.get("/v1/projects").status == 200


def test_the_server_listens_on_loopback_in_ipv6_where_it_is_asked_to(
    runtime, serving
) -> None:
    with serving(runtime, host="::1") as client:
        assert client.host == "::1"
        assert client.get("/v1/projects", Host=f"[::1]:{client.port}").status == 200


@pytest.mark.parametrize("host", ["lamp", "localhost", "127.0.0.1:80", "[::1]", "*"])
def test_a_host_that_is_no_address_is_refused_by_the_variables_name(host) -> None:
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_HOST"):
        HttpSettings.from_env({"CLAUDE_MEM_HOST": host})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AUTH_MODE", "none"), ("AUTH_MODE", "local"),
        ("ALLOWED_HOSTS", "*"), ("ALLOWED_HOSTS", "http://notes.example"),
        ("ALLOWED_HOSTS", "notes.example:80"), ("ALLOWED_HOSTS", "a b"),
        ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "notes.example"), ("CORS_ORIGINS", "https://notes.example/"),
        ("CORS_ORIGINS", "https://a.example,*"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_by_the_variables_name(variable, value) -> None:
    with pytest.raises(ConfigurationError, match=f"CLAUDE_MEM_{variable}"):
        HttpSettings.from_env({f"CLAUDE_MEM_{variable}": value})


@pytest.mark.parametrize(
    "way",
    [
        {"peer": "192.0.2.7"}, {"X_Forwarded_For": "127.0.0.1"},
        {"Forwarded": "for=x"}, {"Via": "1.1 proxy"}, {"X_Real_IP": "127.0.0.1"},
    ],
)  # fmt: skip
def test_the_machines_token_counts_on_the_machine_alone(in_process, runtime, way):
    token = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)
    made = runtime.keys.issue(KeyDraft(), by=Principal.local()).raw

    here, away, other = (
        in_process("GET", "/v1/projects", Authorization=f"Bearer {key}", **came)
        for key, came in ((token, {}), (token, way), (made, way))
    )

    assert [one.status_code for one in (here, away, other)] == [200, 401, 200]
    assert away.json["message"] == in_process("GET", "/v1/projects").json["message"]


def test_names_that_are_allowed_are_heard_in_host(runtime) -> None:
    settings = HttpSettings(allowed_hosts="Notes.example, 192.0.2.9,[2001:db8::1]")
    client = TestClient(build_app(runtime, settings=settings))

    heard = {
        host: client.simulate_get("/healthz", headers={"Host": host}).status_code
        for host in (
            "notes.example", "NOTES.example:8080", "192.0.2.9", "[2001:db8::1]:1",
            "localhost", "evil.example", "notes.example.evil", "xnotes.example",
        )
    }  # fmt: skip

    assert [*heard.values()] == [200] * 5 + [421] * 3


def test_the_address_that_is_bound_is_a_name_and_every_address_is_none() -> None:
    assert HttpSettings(host="192.0.2.9").names == {"192.0.2.9"}
    assert HttpSettings(host="2001:db8::1").names == {"[2001:db8::1]"}
    assert HttpSettings(host="0.0.0.0").names == set()  # noqa: S104
    assert HttpSettings(host="::").names == set()


class TestPagesOfAnOriginThatIsNamed:
    """Exactly these pages may ask, with a key, and read the answer."""

    ORIGIN = "https://notes.example"

    @pytest.fixture
    def pages(self, runtime, serving):
        with serving(runtime, cors_origins=f"{self.ORIGIN}, http://b.example") as one:
            yield one

    def test_a_preflight_is_answered_without_a_key(self, pages) -> None:
        pages.key = None
        answer = pages.send(
            "OPTIONS", "/v1/events", Origin=self.ORIGIN, Sec_Fetch_Site="cross-site",
            Access_Control_Request_Method="POST",
        )  # fmt: skip

        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == self.ORIGIN
        allowed = answer.headers["Access-Control-Allow-Headers"]
        assert allowed == "Authorization, Content-Type"
        methods = answer.headers["Access-Control-Allow-Methods"].split(", ")
        assert {"GET", "POST", "PATCH", "DELETE"} <= set(methods)
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Access-Control-Allow-Credentials"] is None

    def test_an_answer_may_be_read_an_error_too(self, pages) -> None:
        asked = {"Origin": self.ORIGIN, "Sec_Fetch_Site": "cross-site"}
        answers = [
            pages.get("/v1/projects", **asked),
            pages.get("/v1/projects/nowhere", **asked),
            pages.post("/v1/projects", {}, **asked),
        ]
        pages.key = None
        answers.append(pages.get("/v1/projects", **asked))
        answers.append(pages.post("/v1/projects", {"name": "x"}, **asked))

        assert [one.status for one in answers] == [200, 404, 400, 401, 401]
        for one in answers:
            assert one.headers["Access-Control-Allow-Origin"] == self.ORIGIN
            assert one.headers["Vary"] == "Origin"

    @pytest.mark.parametrize(
        "origin",
        [
            "http://notes.example", "https://notes.example:444", "https://evil.example",
            "https://notes.example.evil", "https://xnotes.example", "null", "*",
            "https://notes.example, http://b.example",
        ],
    )  # fmt: skip
    def test_any_other_origin_is_refused(self, pages, origin) -> None:
        for answer in (
            pages.get("/v1/projects", Origin=origin),
            pages.send(
                "OPTIONS", "/v1/projects",
                Origin=origin, Access_Control_Request_Method="GET",
            ),
        ):  # fmt: skip
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.headers["Vary"] == "Origin"

    def test_a_page_of_nobody_is_refused_as_ever(self, pages) -> None:
        assert pages.get("/v1/projects", Sec_Fetch_Site="cross-site").status == 403


def test_a_path_is_known_before_the_framework_looks() -> None:
    for row in ROUTES:
        assert row_at(row.method, path_of(row.path)) == row
    assert row_at("HEAD", "/v1/search") == row_at("GET", "/v1/search")
    for path in ("/viewer", "/v1", "/v1/search/", "/v1/search/x/y", "/v2/search", ""):
        assert row_at("GET", path) is None
