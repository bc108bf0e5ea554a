# SPDX-License-Identifier: Apache-2.0
"""A command that failed is learnt together with the one that did the same and worked."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.extraction.signatures import signature
from turns import asked, edited, event, observe, ran, read, stopped

ERROR = "ModuleNotFoundError: No module named 'lamp'"
FAILED, WORKED = "pytest tests/foo.py", "python -m pytest tests/foo.py"


def learnt(*events):
    """What is said of the ways round an error."""
    made = observe(asked("Run the tests."), *events, stopped("They pass."))
    return [
        memory.title
        for memory in made.memories
        if "what worked" in (memory.title or "")
    ]


@pytest.mark.parametrize(
    ("failed", "worked"),
    [
        (FAILED, WORKED),
        ("npm install", "npm install --legacy-peer-deps"),
        ("go test -v ./lamp", "go test -tags integration ./lamp"),
        ("jest lamp.test.ts", "npx jest lamp.test.ts"),
        ("pytest -q", ".venv/bin/pytest -q"),
        ("go test ./lamp", "CGO_ENABLED=1 go test ./lamp"),
        ("make test", "source env.sh && make test"),
        ("make test", "cd lamp && make test 2>&1 | tail -5"),
    ],
)
def test_what_got_round_an_error_is_learnt(failed: str, worked: str) -> None:
    said = learnt(ran(failed, ERROR, failed=True), ran(worked, "3 passed"))

    told = worked.partition(" 2>")[0]
    assert said == [f"`{failed}` failed: {ERROR}; what worked: `{told}`"]


@pytest.mark.parametrize(
    ("failed", "worked"),
    [
        (FAILED, FAILED),
        (FAILED, "pytest tests/bar.py"),
        ("pytest", "pytest tests/foo.py"),
        ("pytest -q", "pytest -q -k lamp"),
        ("go test ./...", "go test -run TestLamp ./..."),
        ("go test ./...", "go test -short ./..."),
        ("npm test", "npm test -- --skip-slow"),
        ("go test -race ./lamp", "go test ./lamp"),
        ("cd nowhere && make test", "make test"),
        ("make test", "make build"),
        ("make test", "make test || true"),
        ("ruff check lamp", "ruff check --fix lamp"),
        ("make lint", "make test && make lint"),
    ],
)
def test_what_does_another_thing_or_less_is_not_learnt(
    failed: str, worked: str
) -> None:
    assert learnt(ran(failed, ERROR, failed=True), ran(worked, "3 passed")) == []


@pytest.mark.parametrize(
    "between",
    [
        edited("/home/me/shop/lamp.py"),
        ran("pip install lamp", "Successfully installed lamp"),
        ran("git checkout main", ""),
        ran("echo x > lamp.cfg", ""),
        event("tool_use", {"tool_name": "mcp__lamp__mend", "tool_input": {}}),
        ran(WORKED, "2 passed"),
    ],
)
def test_it_is_not_learnt_where_something_else_may_have_mended_it(between) -> None:
    failure = ran(FAILED, ERROR, failed=True)

    said = learnt(failure, between, ran(WORKED, "3 passed"))

    assert len(said) == (
        1 if between.payload["tool_input"] == {"command": WORKED} else 0
    )


def test_looking_around_in_between_does_not_matter() -> None:
    failure = ran(FAILED, ERROR, failed=True)
    looks = (ran("ls tests 2>/dev/null", "foo.py"), read("/home/me/shop/foo.py"))

    assert len(learnt(failure, *looks, ran(WORKED, "3 passed"))) == 1


def test_it_is_not_learnt_long_after() -> None:
    failure = ran(FAILED, ERROR, failed=True)
    looks = [read(f"/home/me/shop/{n}.py") for n in range(12)]

    assert learnt(failure, *looks, ran(WORKED, "3 passed")) == []


def test_it_is_found_by_the_error_and_leaves_nothing_open() -> None:
    made = observe(
        asked("Run the tests."),
        ran(FAILED, ERROR, failed=True),
        ran(WORKED, "3 passed"),
        stopped("The tests pass: the folder has to be on the path of modules."),
    )

    told = [one for one in made.memories if "what worked" in (one.title or "")]
    assert [one.metadata["signature"] for one in told] == [signature(ERROR)]
    assert told[0].trust == "tool"
    assert all("unresolved" not in one.metadata for one in made.memories)
