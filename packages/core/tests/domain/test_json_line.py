# SPDX-License-Identifier: Apache-2.0
"""What an agent wrote is mended so that every store keeps it."""

from __future__ import annotations

import json

from claude_mem_core.domain.json_line import DEEPEST_REPORTED, as_reported, fit


def nested(levels: int) -> object:
    value: object = "end"
    for _ in range(levels):
        value = [value]
    return value


def test_what_a_hook_reports_keeps_all_but_halves_and_what_no_double_holds() -> None:
    said = {"a": "x\ud800", "n\udc00": "nul \0", "big": 2**70, "far": float("inf")}
    assert as_reported(said) == {
        "a": "x\ufffd",
        "n\ufffd": "nul \0",
        "big": 2**70,
        "far": "inf",
    }


def test_what_is_nested_too_deeply_becomes_text_at_its_level() -> None:
    deep = nested(DEEPEST_REPORTED + 2)
    mended = as_reported(deep)
    for _ in range(DEEPEST_REPORTED):
        (mended,) = mended
    assert mended == json.dumps([["end"]])


def test_what_a_file_holds_loses_what_a_store_refuses_and_counts_it() -> None:
    mended, count = fit({"a": "x\ud800 and \0", "big": 2**70, "yes": True})
    assert mended == {"a": "x\ufffd and \ufffd", "big": str(2**70), "yes": True}
    assert count == 2
