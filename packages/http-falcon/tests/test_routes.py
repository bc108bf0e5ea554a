# SPDX-License-Identifier: Apache-2.0
"""The table of routes and what is served are the same; the layers keep their order."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.deeds import DEEDS
from claude_mem_core.errors import ConfigurationError
from claude_mem_http_falcon.app import build_app, layers
from claude_mem_http_falcon.routes import ROUTES, RouteSpec


def test_something_that_is_served_and_in_no_row_stops_the_start(
    runtime, monkeypatch
) -> None:
    rows = tuple(row for row in ROUTES if row.path != "/v1/keys/{key_id}/revoke")
    monkeypatch.setattr("claude_mem_http_falcon.app.ROUTES", rows)

    with pytest.raises(ConfigurationError, match=r"POST /v1/keys/\{key_id\}/revoke"):
        build_app(runtime)


def test_a_row_that_nobody_answers_for_stops_the_start(runtime, monkeypatch) -> None:
    stray = RouteSpec("DELETE", "/v1/memories/{memory_id}", DEEDS["memory.update"])
    monkeypatch.setattr("claude_mem_http_falcon.app.ROUTES", (*ROUTES, stray))

    with pytest.raises(ConfigurationError, match=r"DELETE /v1/memories/\{memory_id\}"):
        build_app(runtime)


def test_whatever_writes_takes_a_body_that_is_limited() -> None:
    writing = [row for row in ROUTES if row.method != "GET"]

    assert all(row.body is not None for row in writing)
    assert [row.path for row in writing if row.deed is None] == ["/v1/viewer/sessions"]


def test_seven_paths_are_open_and_all_others_name_a_deed() -> None:
    assert {row.path for row in ROUTES if row.deed is None} == {
        "/",
        "/viewer/{file}",
        "/v1/viewer/sessions",
        "/healthz",
        "/readyz",
        "/v1/info",
        "/v1/openapi.json",
    }


def test_the_layers_stand_in_their_order(runtime) -> None:
    names = [type(layer).__name__ for layer in layers(runtime)]

    assert names == ["RequestLog", "Gate", "Authentication", "Bodies"]
