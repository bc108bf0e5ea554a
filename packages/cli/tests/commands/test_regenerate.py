# SPDX-License-Identifier: Apache-2.0
"""The past is made anew by a command, with a server and without one."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.launch import open_runtime

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)

ME = Principal.local()
OLD = "What an older generator \x1b[31mwrote"


@pytest.fixture
def titles(env):
    """The titles of a project's memories, as they are stored now."""

    def read():
        with open_runtime(env) as runtime:
            return [item.title for item in memories(runtime)]

    return read


def memories(runtime):
    [project] = runtime.projects.list(by=ME)
    with runtime.memories._storage.read() as snapshot:
        return snapshot.memories.page(project.id, scope=ME.scope, after=None, limit=100)


@pytest.fixture
def aged(here, hooks, env):
    """A project in which an older generator made the first memory; its title now."""
    assert here("ingest", str(hooks), "--project", "small").code == 0
    with open_runtime(env) as runtime:
        first = memories(runtime)[0]
        with runtime.memories._storage.begin() as tx:
            tx.memories.replace(first.changed(title=OLD))
    return first.title


@pytest.fixture(params=["server", "here"])
def any_way(request, shell, here, aged):
    assert aged
    if request.param == "server":
        shell.serve()
    where = {"server": "the server at http://127.0.0.1:", "here": "the store in /"}

    def call(*args):
        done = here("server", "regenerate", "--project", "small", *args)
        told = done.json["where"] if "--json" in args else done.err
        assert where[request.param] in told
        return done

    return call


def test_a_dry_run_shows_what_would_be_different(any_way, aged):
    done = any_way("--dry-run", "--generator", "rules")

    assert done.code == 0
    assert "- " in done.out
    assert f": {aged[:25]}" in done.out.partition("  + ")[2]
    assert "1 different" in done.out
    assert "Nothing was written" in done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out


def test_without_a_dry_run_it_is_taken_over_once(any_way, aged):
    first = any_way("--json").json
    again = any_way("--json").json

    assert (first["dryRun"], first["generator"]) == (False, "rules")
    [difference] = first["differences"]
    assert [gist["title"] for gist in difference["before"]] == [OLD]
    assert [gist["title"] for gist in difference["after"]] == [aged]
    assert again["differences"] == []
    assert again["same"] == again["compared"] == first["compared"]


def test_a_dry_run_leaves_the_store_as_it_is(here, aged, titles):
    before = titles()
    assert OLD in before

    here("server", "regenerate", "--project", "small", "--dry-run")
    assert titles() == before

    here("server", "regenerate", "--project", "small")
    assert aged in titles()
    assert OLD not in titles()


def test_an_unknown_generator_is_a_wrong_argument_that_names_the_known(here, aged):
    assert aged
    done = here("server", "regenerate", "--project", "small", "--generator", "x")
    assert done.code == 2
    assert "generator" in done.err
    assert "rules" in done.err
