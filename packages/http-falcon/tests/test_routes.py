# SPDX-License-Identifier: Apache-2.0
"""The table of routes and what is served are the same; the layers keep their order."""

from __future__ import annotations

from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_http_falcon.app import layers, resources
from claude_mem_http_falcon.routes import ROUTES


def test_the_table_has_every_responder_and_no_other(runtime) -> None:
    served = {
        (name.removeprefix("on_").upper(), path)
        for path, resource in resources(runtime, StopSignal()).items()
        for name in dir(resource)
        if name.startswith("on_")
    }

    assert {(row.method, row.path) for row in ROUTES} == served


def test_whatever_writes_takes_a_body_that_is_limited() -> None:
    writing = [row for row in ROUTES if row.method != "GET"]

    assert all(row.body is not None and row.scope is not None for row in writing)


def test_the_layers_stand_in_their_order(runtime) -> None:
    names = [type(layer).__name__ for layer in layers(runtime)]

    assert names == ["RequestLog", "Gate", "Authentication", "Bodies"]
