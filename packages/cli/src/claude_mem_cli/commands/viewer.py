# SPDX-License-Identifier: Apache-2.0
"""`claude-mem viewer`: the page that shows what is remembered, in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping

import click
from claude_mem_core.errors import AdapterError
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.connect import server_place
from claude_mem_cli.http_line import HttpLine, part
from claude_mem_cli.server_files import running

NEEDS_NO_DISPLAY = ("darwin", "win32", "cygwin")
WITH_A_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@click.command
@click.option("--no-browser", is_flag=True, help="Show the link, and open nothing.")
@screen.json_option
def viewer(*, no_browser: bool, as_json: bool) -> None:
    """Open the page that shows what is remembered, and how much is captured.

    The link lets one page in, once and within a minute. The page may read, and its key
    ends after twelve hours. It takes the server of the data folder, which must run.
    """
    link, until = _link(os.environ)
    opened = not no_browser and _has_browser(os.environ) and webbrowser.open(link)
    if as_json:
        screen.say_json({"url": link, "expiresAtEpoch": until, "opened": opened})
        return
    screen.say(link)
    how = "It opens in your browser. " if opened else "Open it in a browser. "
    screen.note(f"{how}It lets one page in, once, within a minute.")


def _link(env: Mapping[str, str]) -> tuple[str, int]:
    """The address that lets one page in, and when it does so no longer."""
    from claude_mem_core.launch import local_token

    folder = CoreSettings.from_env(env).folder
    record = running(folder)
    if record is None:
        raise AdapterError(
            f"no server is running on {folder}; start one: claude-mem server start "
            "--daemon"
        )
    line = HttpLine(record.url, local_token(folder), server_place(record))
    answer = line.ask_once("POST", "/v1/viewer/codes")
    line.close()
    return part(answer, "url", str), part(answer, "expiresAtEpoch", int)


def _has_browser(env: Mapping[str, str]) -> bool:
    """Whether there is a screen: in a terminal alone a browser would take it over."""
    return sys.platform in NEEDS_NO_DISPLAY or any(map(env.get, WITH_A_DISPLAY))
