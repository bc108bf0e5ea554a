# SPDX-License-Identifier: Apache-2.0
"""Files of hook payloads, whole and broken."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from claude_mem_cli import payloads
from claude_mem_cli.payloads import Payload, Source, opened
from claude_mem_core.domain import json_line
from claude_mem_core.domain.elide import LONGEST_STRING
from claude_mem_core.domain.transcript import Problem

STOP = b'{"hook_event_name": "Stop"}'


def read(content: bytes) -> list[Payload | Problem]:
    return list(Source("f", io.BufferedReader(io.BytesIO(content))).read())


def body(**fields) -> dict:
    [found] = read(json.dumps({"hook_event_name": "Stop", **fields}).encode())
    assert isinstance(found, Payload)
    return found.body


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_each_line_is_a_payload_plain_or_packed(pack):
    found = read(pack(b'{"hook_event_name": "Stop", "n": 1}\r\n\n  \n' + STOP))
    assert [(one.line, one.event, one.body.get("n")) for one in found] == [
        (1, "Stop", 1),
        (4, "Stop", None),
    ]


def test_a_byte_order_mark_is_no_fault():
    assert isinstance(read(b"\xef\xbb\xbf" + STOP)[0], Payload)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"{", "not JSON at column 2"),
        (b"[]", "no JSON object"),
        (b"{}", "no hook_event_name"),
        (b'{"hook_event_name": 3}', "no hook_event_name"),
        (b'{"hook_event_name": "Stop", "n": NaN}', "NaN is no JSON"),
        (b'{"hook_event_name": "\xff"}', "byte 21 is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_at_fault_is_told_with_cause_and_cure_and_the_rest_goes_on(line, cause):
    first, fault, last = read(STOP + b"\n" + line + b"\n" + STOP)
    assert isinstance(first, Payload)
    assert isinstance(last, Payload)
    assert isinstance(fault, Problem)
    assert fault.line == 2
    assert cause in fault.cause
    assert fault.cure
    assert str(fault).startswith("f:2: ")


def test_a_line_beyond_the_limit_is_left_out_whole(monkeypatch):
    for module in (payloads, json_line):
        monkeypatch.setattr(module, "LONGEST_LINE", 50)
    fault, last = read(
        b'{"hook_event_name": "Stop", "x": "' + b"x" * 200 + b'"}\n' + STOP
    )
    assert isinstance(fault, Problem)
    assert (last.line, last.event) == (2, "Stop")


def test_a_packed_file_that_breaks_off_gives_what_came_before():
    lines = b"".join(
        b'{"hook_event_name": "Stop", "n": %d}\n' % n for n in range(20_000)
    )
    *found, fault = read(gzip.compress(lines, 1)[:-2000])
    assert isinstance(fault, Problem)
    assert "breaks" in fault.cause
    assert len(found) > 100
    assert all(isinstance(one, Payload) for one in found)


def test_characters_that_no_store_keeps_become_replacements_and_are_counted():
    line = rb'{"hook_event_name": "Stop", "a\u0000": ["x\ud800y", "\u0000"]}'
    [found] = read(line)
    assert found.body["a\ufffd"] == ["x\ufffdy", "\ufffd"]
    assert found.mended == 3


def test_whole_pairs_and_other_text_stay_as_they_are():
    assert body(text="🙂 é \t")["text"] == "🙂 é \t"


def test_numbers_that_no_store_keeps_become_their_own_text():
    [found] = read(b'{"hook_event_name": "Stop", "a": 1e999, "b": 9223372036854775808}')
    assert found.body["a"] == "1e999"
    assert found.body["b"] == "9223372036854775808"
    assert body(n=2**63 - 1, flag=True) == {
        "hook_event_name": "Stop",
        "n": 2**63 - 1,
        "flag": True,
    }


def test_what_lies_too_deep_becomes_its_own_text():
    value = "end"
    for _ in range(80):
        value = [value]
    levels, found = 1, body(deep=value)["deep"]
    while isinstance(found, list):
        levels, [found] = levels + 1, found
    assert levels == json_line.DEEPEST
    assert json.loads(found)


def test_over_long_strings_lose_their_middle_and_say_so():
    found = body(deep={"text": "x" * (LONGEST_STRING + 1)})["deep"]["text"]
    assert len(found) <= LONGEST_STRING
    assert f'original_size_chars="{LONGEST_STRING + 1}"' in found


def test_the_position_in_a_file_reaches_its_size(tmp_path):
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress(STOP))
    with opened(str(path)) as source:
        list(source.read())
        assert source.position == path.stat().st_size
