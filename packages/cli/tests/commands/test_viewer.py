# SPDX-License-Identifier: Apache-2.0
"""What `claude-mem viewer` shows and opens, and what it needs."""

from __future__ import annotations

import json
import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")

SILENT = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""}


def entered(url: str):
    """What a page gets for the code of a link."""
    place = urlsplit(url)
    body = json.dumps({"code": place.fragment.removeprefix("code=")})
    line = HTTPConnection(place.hostname, place.port, timeout=20)
    with closing(line):
        kind = {"Content-Type": "application/json"}
        line.request("POST", "/v1/viewer/sessions", body, kind)
        return json.load(line.getresponse())


def test_the_link_stands_alone_on_standard_output_and_lets_a_page_in(shell) -> None:
    shell.serve()
    done = shell("viewer", **SILENT)

    [link] = done.out.splitlines()
    assert done.code == 0, done.err
    assert link not in done.err
    assert "once" in done.err
    assert entered(link)["key"]["role"] == "reader"
    token = (shell.folder / "token").read_text().strip()
    assert token not in done.out + done.err


def test_a_program_is_told_the_link_and_when_it_ends(shell) -> None:
    shell.serve()
    told = shell("viewer", "--json", **SILENT).json

    assert urlsplit(told["url"]).fragment.startswith("code=")
    assert 0 < told["expiresAtEpoch"] - time.time() * 1000 <= 60_000
    assert told["opened"] is False


def browser(tmp_path):
    """A browser that writes down what it is called with, and that file."""
    seen, program = tmp_path / "seen", tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{seen}"\n')
    program.chmod(0o755)
    return program, seen


def test_a_browser_is_opened_with_the_link_and_with_no_key(shell, tmp_path) -> None:
    shell.serve()
    program, seen = browser(tmp_path)
    done = shell("viewer", "--json", **{**SILENT, "BROWSER": f"{program} %s"})

    assert done.json["opened"] is True
    assert seen.read_text().split() == [done.json["url"]]
    assert "cmem_" not in seen.read_text()


def test_no_browser_is_opened_where_none_is_wanted(shell, tmp_path) -> None:
    shell.serve()
    program, seen = browser(tmp_path)
    told = {**SILENT, "BROWSER": f"{program} %s"}
    done = shell("viewer", "--no-browser", "--json", **told)

    assert done.json["opened"] is False
    assert not seen.exists()


def test_without_a_server_it_says_how_to_start_one(shell) -> None:
    done = shell("viewer")

    assert done.code == 69
    assert "claude-mem server start" in done.err
    assert done.out == ""
