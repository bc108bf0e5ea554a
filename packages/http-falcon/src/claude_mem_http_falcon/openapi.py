# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI 3.1 document, made from the table of routes and the values they take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import cast

from claude_mem_core.domain.deeds import Deed
from claude_mem_core.domain.value import JsonObject, Value
from claude_mem_core.services.events import MAX_BATCH
from pydantic import JsonValue
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from claude_mem_http_falcon.problems import CONTENT_TYPE
from claude_mem_http_falcon.routes import BATCH, JSON, NOTHING, RouteSpec

Summaries = Mapping[tuple[str, str], str]
"""What each method of each path does, in one sentence."""

_COMPONENTS = "#/components/schemas/"
_FLAG: JsonObject = {"type": "boolean"}
_OTHER_PARAMETERS: Mapping[str, JsonObject] = {
    "generate": _FLAG,
    "wait": _FLAG,
    "include": {"enum": ["payload"]},
    "counts": _FLAG,
}
_ANYTHING: JsonObject = {"type": "object"}
_TEXT: JsonObject = {"type": "string"}
_PROBLEM: JsonObject = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 has it, and some fields besides.",
    "required": [
        *("type", "title", "status", "detail", "instance"),
        *("error", "message", "code", "requestId"),
    ],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "instance"), _TEXT),
        **dict.fromkeys(("error", "message", "code", "requestId"), _TEXT),
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "issues": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "cause", "cure"],
                "properties": dict.fromkeys(("field", "cause", "cure"), _TEXT),
            },
        },
    },
}
_SECURITY: JsonObject = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "cmem key"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def document(rows: Iterable[RouteSpec], summaries: Summaries) -> JsonObject:
    """The whole document."""
    rows = tuple(rows)
    paths: dict[str, JsonValue] = {}
    schemas = _schemas(rows)
    for row in rows:
        one = cast("JsonObject", paths.setdefault(row.path, {}))
        one[row.method.lower()] = _operation(row, summaries, schemas)
    tags = sorted({_tag(row) for row in rows})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "claude-mem",
            "version": version("claude-mem-core"),
            "description": "A memory for coding agents.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": _SECURITY,
        },
    }


def summary(responder: Callable[..., None]) -> str:
    """The first line of what a responder says of itself."""
    return (responder.__doc__ or "").strip().partition("\n")[0]


def _operation(row: RouteSpec, summaries: Summaries, schemas: JsonObject) -> JsonObject:
    shown: JsonObject = {
        "operationId": re.sub(r"\W+", "_", f"{row.method.lower()}{row.path}").strip(
            "_"
        ),
        "summary": summaries[row.method, row.path],
        "tags": [_tag(row)],
        "responses": _responses(row),
        "security": [],
    }
    parameters: list[JsonValue] = [*_in_path(row), *_in_query(row, schemas)]
    if parameters:
        shown["parameters"] = parameters
    if row.deed is not None:
        shown["description"] = _description(row.deed)
        scopes: list[JsonValue] = [row.deed.scope]
        shown["security"] = [{scheme: scopes} for scheme in _SECURITY]
        shown["x-deed"] = row.deed.action
    if row.body is not None:
        shown["requestBody"] = {
            "required": not row.body.may_be_absent,
            "content": {"application/json": {"schema": _body(row)}},
        }
    return shown


def _description(deed: Deed) -> str:
    told = f"Scope: `{deed.scope}`."
    if deed.whole_team:
        told += " Not for keys that are limited to one project."
    if deed.team == "server":
        told += " Only for who runs the server."
    return told


def _tag(row: RouteSpec) -> str:
    """The subject: the path's first segment after the version."""
    parts = row.path.strip("/").split("/")
    if parts[0] == "hooks":
        return "hooks"
    if row.deed is None or len(parts) == 1:
        return "server"
    return parts[1]


def _in_path(row: RouteSpec) -> Iterable[JsonObject]:
    for name in re.findall(r"{(\w+)}", row.path):
        schema: JsonObject = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(row: RouteSpec, schemas: JsonObject) -> Iterable[JsonObject]:
    fields: JsonObject = {}
    if row.asks is not None:
        value = cast("JsonObject", schemas[row.asks.__name__])
        fields = cast("JsonObject", value["properties"])
    for name in row.takes:
        known = fields.get(name) or fields.get(to_camel(name))
        schema = known or _OTHER_PARAMETERS[name]
        yield {"name": name, "in": "query", "schema": schema}


def _body(row: RouteSpec) -> JsonObject:
    if row.body is NOTHING:
        return {"type": "object", "maxProperties": 0}
    if row.of is None:
        return _ANYTHING
    one: JsonObject = {"$ref": _COMPONENTS + row.of.__name__}
    if row.body is BATCH:
        return {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": one}
    return one


def _responses(row: RouteSpec) -> JsonObject:
    answers: dict[str, JsonValue] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {
                one: {"schema": _ANYTHING if one == JSON else _TEXT}
                for one in row.shows
            },
        }
        for status in row.statuses
    }
    for status in _refusals(row):
        problem: JsonObject = {"schema": {"$ref": _COMPONENTS + "Problem"}}
        answers[str(status.value)] = {
            "description": status.phrase,
            "content": {CONTENT_TYPE: problem},
        }
    return answers


def _refusals(row: RouteSpec) -> Iterable[HTTPStatus]:
    """The statuses of problems that the route can answer with."""
    yield HTTPStatus.FORBIDDEN
    yield HTTPStatus.MISDIRECTED_REQUEST
    yield HTTPStatus.INTERNAL_SERVER_ERROR
    yield HTTPStatus.SERVICE_UNAVAILABLE
    if row.deed is not None or row.body is not None:
        yield HTTPStatus.BAD_REQUEST
        yield HTTPStatus.UNAUTHORIZED
        yield HTTPStatus.TOO_MANY_REQUESTS
    if row.deed is not None:
        yield HTTPStatus.PAYMENT_REQUIRED
    if row.deed is not None or "{" in row.path:
        yield HTTPStatus.NOT_FOUND
    if row.deed is not None and row.deed.does == "writes":
        yield HTTPStatus.CONFLICT
    if row.body is not None and (row.deed is None or row.deed.does == "writes"):
        yield HTTPStatus.INSUFFICIENT_STORAGE
    if row.body is not None:
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def _schemas(rows: Iterable[RouteSpec]) -> JsonObject:
    """Each value that a route takes, by its name."""
    values = {value for row in rows for value in (row.of, row.asks) if value}
    _, told = models_json_schema(
        [(value, "validation") for value in sorted(values, key=_name)],
        by_alias=True,
        ref_template=_COMPONENTS + "{model}",
    )
    return cast("JsonObject", told["$defs"])


def _name(value: type[Value]) -> str:
    return value.__name__
