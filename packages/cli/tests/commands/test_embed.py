# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server embed` gives every memory its vectors, and waits for it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)


@pytest.fixture
def filled(here, hooks):
    assert here("ingest", str(hooks), "--project", "small").code == 0


@pytest.fixture
def with_embedder(env, monkeypatch):
    env["CLAUDE_MEM_EMBEDDER"] = "hashing"
    monkeypatch.setenv("CLAUDE_MEM_EMBEDDER", "hashing")


@pytest.mark.usefixtures("filled", "with_embedder")
def test_without_a_server_it_does_the_work(here):
    told = here("server", "embed", "--json").json

    assert told["waiting"] == 0
    assert told["done"] == told["embedded"] > 0
    assert told["where"].startswith("the store in /")

    again = here("server", "embed")
    assert f"Embedded {told['embedded']}, 0 of them just now; none waits." in again.out


@pytest.mark.usefixtures("filled", "with_embedder")
def test_with_a_server_it_waits_for_its_worker(here, shell):
    shell.serve()

    told = here("server", "embed", "--json").json

    assert told["waiting"] == 0
    assert told["embedded"] > 0
    assert told["where"].startswith("the server at http://127.0.0.1:")
    recall = here("server", "status", "--json").json["recall"]
    assert (recall["dense"], recall["model"]["name"]) == ("active", "hashing")
    assert recall["waiting"] == 0
    assert "vectors: active, hashing" in here("server", "status").out


@pytest.mark.usefixtures("filled")
def test_without_an_embedder_it_says_what_to_set(here):
    done = here("server", "embed")

    assert done.code == 78
    assert "CLAUDE_MEM_EMBEDDER is not set" in done.err
