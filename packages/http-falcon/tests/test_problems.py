# SPDX-License-Identifier: Apache-2.0
"""Every error has the one shape, the right status, and nothing of our inside."""

from __future__ import annotations

import logging

import pytest
from claude_mem_core import errors
from claude_mem_core.errors import (
    AccessError,
    ClaudeMemError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    GeneratorError,
    InvalidInputError,
    NotFoundError,
    QueueError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
    UnauthenticatedError,
)
from claude_mem_http_falcon.problems import OF_CLASS

KEYS = {
    "type", "title", "status", "detail", "instance",
    "error", "message", "code", "requestId",
}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status", "name", "code"),
    [
        (InvalidInputError("x"), 400, "ValidationError", "invalid_input"),
        (UnauthenticatedError("x"), 401, "Unauthorized", "unauthenticated"),
        (ForbiddenError("x"), 403, "Forbidden", "forbidden"),
        (NotFoundError("lamp", "x"), 404, "NotFound", "not_found"),
        (ConflictError("x"), 409, "Conflict", "conflict"),
        (StorageError("x"), 503, "ServiceUnavailable", "unavailable"),
        (QueueError("x"), 503, "ServiceUnavailable", "unavailable"),
        (
            GeneratorError("x", kind="transient"),
            503,
            "ServiceUnavailable",
            "unavailable",
        ),
        (StorageFullError("x"), 507, "InsufficientStorage", "storage_full"),
        (StorageReadOnlyError("x"), 503, "ServiceUnavailable", "storage_read_only"),
    ],
)
def test_each_error_has_its_status_over_the_wire(
    client, monkeypatch, error, status, name, code
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client.runtime.projects, "list", fail)

    answer = client.get("/v1/projects", X_Request_Id="r1")

    shown = answer.json
    assert answer.status == shown["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert set(shown) - {"issues"} == KEYS
    assert (shown["error"], shown["code"]) == (name, code)
    assert shown["detail"] == shown["message"] == str(error)
    assert (shown["requestId"], shown["instance"]) == ("r1", "/v1/projects")


@pytest.mark.parametrize(
    "error", [RuntimeError("secret"), ConfigurationError("secret")]
)
def test_an_error_that_nobody_foresaw_is_logged_and_not_shown(
    client, monkeypatch, caplog, error
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(client.runtime.projects, "list", fail)

    with caplog.at_level(logging.ERROR):
        answer = client.get("/v1/projects", X_Request_Id="r1")

    assert answer.status == 500
    assert set(answer.json) == KEYS
    assert b"secret" not in answer.body
    assert "secret" in caplog.text
    assert "r1" in caplog.text


def test_every_error_of_the_core_has_a_status() -> None:
    ours = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ClaudeMemError)
    ]
    roots = {ClaudeMemError, AccessError, ConfigurationError}

    unplaced = [kind for kind in ours if not set(kind.__mro__) & set(OF_CLASS)]

    assert set(unplaced) == roots


def test_a_path_that_is_no_route_is_named_with_its_method(client) -> None:
    answer = client.get("/v1/lamps?secret=1")

    assert answer.status == 404
    assert answer.json["error"] == "NotFound"
    assert answer.json["message"] == "Cannot GET /v1/lamps"


def test_a_method_that_a_route_does_not_know_is_named_with_those_it_does(
    client,
) -> None:
    answer = client.send("DELETE", "/v1/projects")

    assert answer.status == 405
    assert answer.json["error"] == "MethodNotAllowed"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_anothers_record_and_an_absent_one_look_alike(client) -> None:
    one, other = (
        client.get("/v1/events/nowhere", X_Request_Id="r").body for _ in range(2)
    )

    assert one == other
