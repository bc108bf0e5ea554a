# SPDX-License-Identifier: Apache-2.0
"""`claude-mem version`: what is installed."""

from __future__ import annotations

import platform

import click

from claude_mem_cli import screen
from claude_mem_cli.versions import installed_versions, own_version


@click.command
@screen.json_option
def version(*, as_json: bool) -> None:
    """Show the installed versions."""
    parts, python = installed_versions(), platform.python_version()
    if as_json:
        answer = {"version": own_version(), "python": python, "packages": dict(parts)}
        screen.say_json(answer)
        return
    screen.say(f"claude-mem {own_version()} on Python {python}")
    for name, number in parts.items():
        screen.say(f"  {name} {number}")
