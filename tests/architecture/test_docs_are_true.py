# SPDX-License-Identifier: Apache-2.0
"""What the reference pages list is what the code has, no more and no less."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import cast, get_args

import click
import pytest
from claude_mem_agents.reference import BEGINS, rewritten
from claude_mem_cli.exits import EXIT_CODES, INTERRUPTED, OK
from claude_mem_cli.keys import Standing
from claude_mem_cli.main import cli
from claude_mem_core.domain.access import KeyDraft
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.bm25 import Frequencies
from claude_mem_core.domain.deeds import DEEDS
from claude_mem_core.domain.generation_job import (
    MOVES,
    JobMove,
    JobStatus,
    SkipReason,
)
from claude_mem_core.domain.ranking import Asked, ranked
from claude_mem_core.domain.redaction.scan import FAMILIES
from claude_mem_core.domain.scopes import MEANINGS, ROLE_OF_MEMBER, ROLES, SCOPES
from claude_mem_core.domain.search import Candidate, SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.errors import ClaudeMemError, FailureKind
from claude_mem_core.reference.agents import FIELDS
from claude_mem_core.settings import PREFIX, Settings
from claude_mem_http_falcon.problems import OF_STATUS, UNFORESEEN
from claude_mem_http_falcon.routes import BATCH, HOOK, MIB, NOTHING, ONE, ROUTES
from claude_mem_mcp_adapter import reference as mcp

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
WITH_A_PROGRAM = ("agents", "core", "http-falcon", "storage-sqlite")
FIRST_CELLS = re.compile(r"^\| `(\w+)`", re.MULTILINE)


def section(page: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next heading."""
    text = (REFERENCE / page).read_text("utf-8")
    parts = re.split(r"^#+ ", text, flags=re.MULTILINE)
    (wanted,) = (part for part in parts if part.startswith(heading + "\n"))
    return wanted


def first_cells(page: str, heading: str) -> set[str]:
    """The names in the first column of the tables under a heading of a page."""
    return set(FIRST_CELLS.findall(section(page, heading)))


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head and their backticks."""
    lines = re.findall(r"^\|(.*)\|$", section(page, heading), re.MULTILINE)[2:]
    return [[cell.strip(" `") for cell in line.split("|")] for line in lines]


def first_names(page: str, heading: str) -> set[str]:
    """All names in the first cells of the table under a heading of a page."""
    return {name for row in rows(page, heading) for name in re.findall(r"\w+", row[0])}


def family(cls: type) -> set[type]:
    """A class and all that inherit from it."""
    return {cls}.union(*(family(child) for child in cls.__subclasses__()))


def is_ours(cls: type) -> bool:
    """Whether a class is the product's own, not a test's."""
    return cls.__module__.startswith("claude_mem_")


@pytest.fixture(autouse=True)
def everything_is_imported() -> None:
    """Import every module of the product, so that every class of it is known."""
    for folder in (ROOT / "packages").iterdir():
        package = import_module(f"claude_mem_{folder.name.replace('-', '_')}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)


def test_every_error_that_a_user_can_meet_is_listed_with_its_code() -> None:
    text = (REFERENCE / "errors.md").read_text("utf-8")
    inner = {"ClaudeMemError", "AccessError", "AdapterError"}
    everything = {cls for cls in family(ClaudeMemError) if is_ours(cls)}
    ours = {cls for cls in everything if cls.__name__ not in inner}

    assert first_cells("errors.md", "Errors") == {cls.__name__ for cls in ours}
    for cls in ours:
        assert f"| `{cls.__name__}` | `{cls.code}` |" in text


def test_every_status_of_the_http_layer_is_listed_with_its_code() -> None:
    listed = {(row[0], row[1]) for row in rows("errors.md", "Over HTTP")}
    own = {(str(int(status)), code) for status, (_, code) in OF_STATUS.items()}

    assert own <= listed
    assert (str(int(UNFORESEEN.status)), UNFORESEEN.code) in listed


def test_every_setting_is_listed() -> None:
    variables = {
        PREFIX + field.upper()
        for cls in family(Settings)
        if is_ours(cls)
        for field in cls.model_fields
    }

    assert first_cells("settings.md", "Settings") == variables


def test_every_field_of_an_event_is_listed() -> None:
    fields = {info.alias for info in AgentEventDraft.model_fields.values()}

    assert first_cells("events.md", "An event") == fields


def test_every_reason_for_no_memory_is_listed() -> None:
    assert first_cells("events.md", "Jobs") == set(get_args(SkipReason))


def test_every_route_is_listed_with_the_scope_that_it_needs() -> None:
    listed = [(row[0], row[1], row[2]) for row in rows("http.md", "Routes")]

    assert listed == [
        (one.method, one.path, "none" if one.deed is None else one.deed.scope)
        for one in ROUTES
    ]


def test_every_scope_is_listed_with_the_roles_that_have_it() -> None:
    listed = {row[0]: row[1:] for row in rows("access.md", "Scopes")}

    assert listed == {
        scope: [meaning, ", ".join(role for role in ROLES if scope in ROLES[role])]
        for scope, meaning in SCOPES.items()
    }


def test_every_role_of_a_member_is_listed_with_the_most_that_it_allows() -> None:
    listed = {row[0]: row[1] for row in rows("access.md", "Members")}

    assert listed == {**ROLE_OF_MEMBER}


def test_every_name_of_the_reference_system_is_listed_with_what_it_meant() -> None:
    listed = {
        row[0]: set(re.findall(r"[\w:]+", row[1]))
        for row in rows("access.md", "Names of the reference system")
    }

    assert listed == {name: {*scopes} for name, scopes in MEANINGS.items()}


def test_every_deed_is_listed_with_who_may_and_how_it_is_asked_for() -> None:
    listed = [row[:5] for row in rows("access.md", "Deeds")]

    assert listed == [
        [
            deed.action,
            deed.scope,
            "the server" if deed.team == "server" else deed.team,
            "no" if deed.whole_team else "yes",
            "`<br>`".join(
                f"{one.method} {one.path}" for one in ROUTES if one.deed is deed
            ),
        ]
        for deed in DEEDS.values()
    ]


def test_every_field_of_a_key_that_is_asked_for_is_listed() -> None:
    fields = {info.alias for info in KeyDraft.model_fields.values()}

    assert first_names("http.md", "Teams and keys") == fields


def test_every_parameter_of_an_address_is_listed() -> None:
    listed = {
        heading: {
            name
            for row in rows("http.md", heading)
            for name in re.findall(r"\w+", row[0])
        }
        for heading in ("Events", "Jobs")
    }
    taken = {
        heading: {
            name
            for route in ROUTES
            if heading.lower() in route.path.split("/")
            for name in route.takes
        }
        for heading in listed
    }

    assert listed == taken
    assert all(taken.values())


def test_every_field_of_a_question_is_listed() -> None:
    search = first_names("http.md", "Search")
    timeline = first_names("http.md", "Timeline")

    assert search == {info.alias for info in SearchQuery.model_fields.values()} - {
        "projectFacts"
    }
    own = {"limit", "minConfidence", "explain", "openFiles"}
    assert timeline | search - own == {
        info.alias for info in TimelineQuery.model_fields.values()
    } - {"projectFacts"}


def test_every_part_of_a_score_is_listed() -> None:
    asked = Asked("lamp", Frequencies(1, 1, (1,)))
    [one] = ranked([Candidate("m", None, "manual", 1, counts=((1,),) * 4)], asked)

    assert first_names("http.md", "Parts of a score") == {*one.parts}


def test_every_state_move_and_failure_of_a_job_is_listed() -> None:
    states = first_cells("events.md", "States of a job")

    assert states == {*get_args(JobStatus), *get_args(JobMove)}
    for state, _, after in rows("events.md", "States of a job")[: len(MOVES)]:
        named = re.findall(r"`(\w+)`", f"`{after}`")
        assert set(named) == {*MOVES[cast("JobStatus", state)]}
    assert first_cells("events.md", "Failures") == set(get_args(FailureKind))


def test_the_limits_of_bodies_are_those_of_the_routes() -> None:
    listed = {row[0]: row[1] for row in rows("http.md", "Limits")}

    assert listed["the body of a hook"] == f"{HOOK.limit // MIB} MiB"
    assert listed["the body of a batch of events"] == f"{BATCH.limit // MIB} MiB"
    assert listed["any other body"] == f"{ONE.limit // MIB} MiB"
    assert listed["the body of a session's end"].startswith("1 KiB")
    assert NOTHING.limit == 1024


def commands(one: click.Command, name: str = "") -> dict[str, click.Command]:
    """Every command that does something, by the words that call it."""
    if not isinstance(one, click.Group):
        return {name: one}
    context = click.Context(one)
    found: dict[str, click.Command] = {}
    for word in one.list_commands(context):
        command = one.get_command(context, word)
        assert command is not None
        found |= commands(command, f"{name} {word}".strip())
    return found


def test_every_command_and_every_option_is_listed() -> None:
    listed = [row[0] for row in rows("cli.md", "Commands")]
    known = commands(cli)
    everyone = known.keys() - {"mcp"}
    options = {
        (name, option)
        for name, command in known.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    told = {
        (name, option)
        for who, names, *_ in rows("cli.md", "Options")
        for option in re.findall(r"--[\w-]+", names)
        for name in (everyone if who == "every one but mcp" else [who])
    }

    assert sorted(listed) == sorted(f"claude-mem {name}" for name in known)
    assert told == options


def test_every_standing_of_a_key_is_listed() -> None:
    assert first_cells("cli.md", "Keys") == set(get_args(Standing))


def test_every_exit_code_is_listed() -> None:
    listed = {int(row[0]) for row in rows("cli.md", "Exit codes")}

    assert listed == {OK, INTERRUPTED, *EXIT_CODES.values()}


def test_the_hosts_are_listed_as_their_tables_have_them() -> None:
    page = (REFERENCE / "agents.md").read_text("utf-8")

    assert page == rewritten(page)
    assert BEGINS in page


def test_what_there_is_over_mcp_is_listed_as_its_tables_have_it() -> None:
    page = (REFERENCE / "mcp.md").read_text("utf-8")

    assert page == mcp.rewritten(page)
    assert mcp.BEGINS in page


def test_what_the_protocols_suite_asks_in_vain_is_listed() -> None:
    told = runpy.run_path(str(ROOT / "mcp_tests" / "not_ours.py"))

    assert told["table"]() in (REFERENCE / "mcp.md").read_text("utf-8")


def test_every_field_of_the_plain_vocabulary_is_listed() -> None:
    table = rows("agents.md", "The plain vocabulary")

    assert {name for row in table for name in re.findall(r"\w+", row[0])} == {*FIELDS}


@pytest.mark.parametrize("package", WITH_A_PROGRAM)
def test_the_program_in_a_packages_readme_runs(package: str, tmp_path: Path) -> None:
    readme = (ROOT / "packages" / package / "README.md").read_text("utf-8")
    (program,) = PYTHON.findall(readme)

    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_every_family_of_secrets_is_listed() -> None:
    listed = re.findall(
        r"^\| `([a-z0-9-]+)` \|$", section("secrets.md", "Families"), re.MULTILINE
    )

    assert listed == list(FAMILIES)


def test_every_test_that_a_page_names_is_there() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "SECURITY.md"]
    named = {
        path
        for page in pages
        for path in re.findall(r"`((?:packages|tests)/[\w/.-]+\.py)", page.read_text())
    }
    assert len(named) > 15
    assert {path for path in named if not (ROOT / path).is_file()} == set()
