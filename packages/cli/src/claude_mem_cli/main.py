# SPDX-License-Identifier: Apache-2.0
"""The command `claude-mem`: which subcommands there are, and how it ends.

A subcommand is imported when it is called: showing the list of them loads neither
the values nor any adapter.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
from claude_mem_core.errors import AdapterError, ClaudeMemError, InvalidInputError

from claude_mem_cli import exits, screen
from claude_mem_cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "server": Lazy("server", "server", "Start, stop and look at the server."),
    "ingest": Lazy("ingest", "ingest", "Take in what agents did before."),
    "reconcile": Lazy("reconcile", "reconcile", "Fill in what hooks lost."),
    "watch": Lazy("watch", "watch", "Follow what agents write down."),
    "search": Lazy("search", "search", "Find memories of a project."),
    "timeline": Lazy("timeline", "timeline", "Show what was around a memory."),
    "get": Lazy("get", "get_memories", "Show memories in full."),
    "context": Lazy("context", "context", "Show what the next session is told."),
    "feedback": Lazy("feedback", "feedback", "Say whether a memory was of use."),
    "supersede": Lazy("supersede", "supersede", "Let a memory take another's place."),
    "expire": Lazy("expire", "expire", "Say until when a memory holds."),
    "install": Lazy("install", "install", "Let a coding agent report here."),
    "uninstall": Lazy("install", "uninstall", "Take an agent's hooks out again."),
    "doctor": Lazy("doctor", "doctor", "Check what is installed, and how it is."),
    "mcp": Lazy("mcp", "mcp", "Serve the tools of an agent over MCP."),
    "viewer": Lazy("viewer", "viewer", "Look at memories in a browser."),
    "demo": Lazy("demo", "demo", "Replay a sample session and show what it gives."),
    "version": Lazy("version", "version", "Show the installed versions."),
}


def _show_version(ctx: click.Context, _: click.Parameter, *, wanted: bool) -> None:
    if wanted:
        from claude_mem_cli.versions import own_version

        screen.say(f"claude-mem {own_version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Data is kept in CLAUDE_MEM_DATA_DIR (default ~/.claude-mem/server). "
    "Exit codes: 0 done, 1 absent or in conflict, 2 wrong input, 69 unavailable, "
    "77 no access, 78 wrong configuration.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, param, value: _show_version(ctx, param, wanted=value),
    help="Show the version and exit.",
)
def cli() -> None:
    """Memory for coding agents: what they did becomes what they know."""


def run(args: Sequence[str]) -> int:
    """Do what `args` say; the exit code. Errors are told in one line."""
    try:
        return _do(args)
    except click.Abort:
        screen.note("Interrupted.")
        return exits.INTERRUPTED
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f" (see: {context.command_path} --help)" if context else ""
        fault: ClaudeMemError = InvalidInputError(error.format_message() + hint)
    except ClaudeMemError as error:
        fault = error
    except OSError as error:
        fault = AdapterError(str(error))
    return _fail(fault, as_json="--json" in args)


def _do(args: Sequence[str]) -> int:
    color = False if os.environ.get("NO_COLOR") else None
    code = cli.main(
        list(args), prog_name="claude-mem", standalone_mode=False, color=color
    )
    return code if isinstance(code, int) else exits.OK


def _fail(error: ClaudeMemError, *, as_json: bool) -> int:
    # Whoever takes a key for an id is told so, without the key.
    from claude_mem_core.domain.value import ERRORS_REDACTOR

    message = screen.line(ERRORS_REDACTOR.text(str(error)))
    if as_json:
        screen.say_json({"error": error.code, "message": message})
    screen.note(f"Error: {message} ({error.code})")
    return exits.exit_code(error)


def main() -> NoReturn:
    """End the process with the exit code of what its arguments say."""
    _open_closed_streams()
    sys.exit(run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """Let what a caller closed lead nowhere, as the next file would take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
