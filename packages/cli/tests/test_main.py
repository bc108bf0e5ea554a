# SPDX-License-Identifier: Apache-2.0
"""The command itself: what it loads, and how it ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from claude_mem_cli.exits import EXIT_CODES, exit_code
from claude_mem_cli.main import COMMANDS
from claude_mem_core import errors

HEAVY = (
    "pydantic",
    "sqlite3",
    "falcon",
    "pluggy",
    "http.client",
    "claude_mem_core.domain",
)


@pytest.mark.parametrize("args", [["--help"], ["server", "--nonsense"], ["--version"]])
def test_help_loads_no_value_and_no_adapter(args):
    program = (
        "import sys; from claude_mem_cli.main import run\n"
        f"run({args!r})\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print('LOADED', heavy, file=sys.stderr)"
    )
    if args[0] == "server":
        # The group's own module needs the values; its adapters stay out.
        program = program.replace(repr(HEAVY), "('sqlite3', 'falcon', 'pluggy')")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "LOADED []" in done.stderr


def test_every_command_can_be_shown_and_has_json(here):
    for name in COMMANDS:
        shown = here(name, "--help")
        assert shown.code == 0
        # What `mcp` says is MCP's, and `server` alone says nothing.
        if name not in ("server", "mcp"):
            assert "--json" in shown.out
    for name in ("start", "stop", "restart", "status"):
        assert "--json" in here("server", name, "--help").out


def test_help_fits_in_eighty_columns(here):
    lines = here("--help").out.splitlines()
    assert lines
    assert max(map(len, lines)) <= 80


def test_every_kind_of_error_has_its_exit_code():
    expected = {
        errors.InvalidInputError("x"): 2,
        errors.NotFoundError("x", "y"): 1,
        errors.ConflictError("x"): 1,
        errors.UnauthenticatedError("x"): 77,
        errors.ForbiddenError("x"): 77,
        errors.ConfigurationError("x"): 78,
        errors.AdapterError("x"): 69,
        errors.StorageFullError("x"): 69,
        errors.StorageReadOnlyError("x"): 69,
    }
    assert {error: exit_code(error) for error in expected} == expected


def test_no_row_of_the_exit_codes_hides_a_later_one():
    kinds = list(EXIT_CODES)
    for place, kind in enumerate(kinds):
        assert not any(issubclass(later, kind) for later in kinds[place + 1 :])


@pytest.mark.parametrize(
    "args",
    [["nonsense"], ["search"], ["search", "x", "--project", "p", "--limit", "0"]],
)
def test_a_wrong_call_is_one_line_and_ends_with_2(here, args):
    done = here(*args)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1


def test_an_error_is_json_too_where_json_is_asked_for(here):
    done = here("search", "x", "--project", "p", "--limit", "0", "--json")
    assert done.json["error"] == "invalid_input"
    assert "--limit" in done.json["message"]
    assert done.err.startswith("Error: ")


def test_a_wrong_setting_ends_with_78_and_names_the_variable(shell):
    done = shell("search", "x", "--project", "p", CLAUDE_MEM_IDLE_TURN_MINUTES="soon")
    assert done.code == 78
    assert "CLAUDE_MEM_IDLE_TURN_MINUTES" in done.err
    assert done.err.count("\n") == 1


def test_what_the_machine_refuses_is_one_line_and_ends_with_69(here, folder):
    (folder / "server.lock").mkdir(parents=True)
    done = here("server", "start", "--json")
    assert done.code == 69
    assert done.json["error"] == "unavailable"
    assert "server.lock" in done.err
    assert done.err.count("\n") == 1


def test_the_version_is_that_of_the_distribution(here):
    told = here("version", "--json").json
    assert told["packages"]["claude-mem-cli"] == told["version"]
    assert here("--version").out == f"claude-mem {told['version']}\n"
    assert told["version"] in here("version").out


def test_a_reader_that_goes_away_ends_the_command_without_a_word(shell):
    child = shell.spawn("version", "--json")
    child.stdout.close()
    assert child.wait(30) == 1
    assert child.stderr.read() == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_closed_leads_nowhere(env, closed):
    command = shlex.join([sys.executable, "-m", "claude_mem_cli"])
    asked = f"{command} ingest - --project p {closed} && {command} version {closed}"
    done = subprocess.run(
        ["sh", "-c", asked],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_the_module_is_the_command(shell):
    assert json.loads(shell("version", "--json").out)["version"]
