# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document is valid, complete, and true of what is answered."""

from __future__ import annotations

import pytest
import schemathesis
from claude_mem_http_falcon.app import build_app
from claude_mem_http_falcon.routes import ROUTES
from falcon.testing import TestClient
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

PATH = "/v1/openapi.json"
EXAMPLES = 10
"""For each operation, of what it takes and of what it does not."""

CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture
def app(runtime):
    runtime.start(work=True)
    served = build_app(runtime)

    def from_here(environ, start_response):
        environ["REMOTE_ADDR"] = "127.0.0.1"
        return served(environ, start_response)

    return from_here


@pytest.fixture
def shown(app):
    """The document as anybody gets it."""
    answer = TestClient(app).simulate_get(PATH, headers={"Host": "localhost"})
    assert answer.status_code == 200
    return answer.json


@pytest.fixture
def schema(app):
    return schemathesis.openapi.from_wsgi(PATH, app)


@pytest.fixture
def key(runtime) -> str:
    """The machine's own token: whoever runs the server may do everything."""
    token: str = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)
    return token


def test_the_document_keeps_the_rules_of_openapi(shown, schema) -> None:
    assert shown["openapi"] == "3.1.0"

    schema.validate()


def test_every_route_is_in_it_with_its_scope_and_body(shown) -> None:
    told = {
        (method.upper(), path): operation
        for path, methods in shown["paths"].items()
        for method, operation in methods.items()
    }

    assert set(told) == {(row.method, row.path) for row in ROUTES}
    for row in ROUTES:
        operation = told[row.method, row.path]
        needed = [] if row.deed is None else [row.deed.scope]
        ways = [names for way in operation["security"] for names in way.values()]
        assert ways == ([] if row.deed is None else [needed, needed])
        assert operation["summary"]
        assert operation["tags"]
        assert ("requestBody" in operation) == (row.body is not None)
        query = [
            one["name"]
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        ]
        assert query == [*row.takes]
    names = [operation["operationId"] for operation in told.values()]
    assert len(set(names)) == len(names)


def test_every_body_refuses_what_it_does_not_know(shown) -> None:
    schemas = shown["components"]["schemas"]

    for row in ROUTES:
        if row.of is not None:
            assert schemas[row.of.__name__]["additionalProperties"] is False


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_what_is_answered_is_what_the_document_says(schema, key, row, mode) -> None:
    operation = schema[row.path][row.method]
    seen = []

    @seed(0)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        case.validate_response(answer, checks=CHECKS)
        seen.append(answer.status_code)

    if mode is GenerationMode.NEGATIVE and not (operation.body or row.takes):
        return
    ask()

    assert seen
    # What nobody guesses is refused, whatever key comes along.
    assert (401 in seen) <= (row.path == "/v1/viewer/sessions")
