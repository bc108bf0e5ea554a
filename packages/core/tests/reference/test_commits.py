# SPDX-License-Identifier: Apache-2.0
"""What an agent committed is found by the subject that it gave."""

from __future__ import annotations

import time

import pytest
from turns import asked, edited, observe, only, ran, roles, said, stopped

SUBJECT = "Ask for the discounts of a cart once"
DONE = f"[main 1a2b3c4] {SUBJECT}\n 1 file changed, 2 insertions(+)"
HERE = f"git commit -m \"$(cat <<'EOF'\n{SUBJECT}\n\nIt was slow.\nEOF\n)\""


def facts(command: str, output: str = DONE, *, failed: bool = False) -> tuple[str, ...]:
    """The facts of a turn that changed a file and ran a command."""
    made = observe(
        asked("Make the cart of the shop ask for its discounts once"),
        edited("/home/me/shop/cart.py"),
        ran(command, output, failed=failed),
        stopped("The cart of the shop now asks for its discounts once."),
    )
    return only(made).facts


@pytest.mark.parametrize(
    "command",
    [
        f'git commit -m "{SUBJECT}"',
        f"git commit -m '{SUBJECT}'",
        f'git commit -am "{SUBJECT}"',
        f'git commit --amend --message="{SUBJECT}"',
        f'git -C /home/me/shop commit -q -m "{SUBJECT}" -m "It was slow."',
        f'cd shop && git add -A && git commit -m "{SUBJECT}" && git push',
        f'git add "a file" && git commit --author="A B" -m "{SUBJECT}"',
        f'git commit -m "{SUBJECT}\n\nIt was slow."',
        HERE,
        f"git add -A && {HERE}",
    ],
)
def test_a_commit_is_told_by_its_subject(command: str) -> None:
    assert f"Committed “{SUBJECT}”" in facts(command)


def test_a_commit_that_says_nothing_when_it_is_done_is_told_too() -> None:
    assert f"Committed “{SUBJECT}”" in facts(f'git commit -qm "{SUBJECT}"', "")


def test_a_commit_is_told_though_what_came_after_it_failed() -> None:
    told = facts(f'git commit -m "{SUBJECT}" && git push', DONE, failed=True)

    assert f"Committed “{SUBJECT}”" in told


def test_a_pull_request_is_told_by_its_title() -> None:
    command = f'gh pr create --base main --title "{SUBJECT}" --body "It was slow."'
    told = facts(command, "https://github.com/me/shop/pull/7\n")

    assert f"Opened the pull request “{SUBJECT}”" in told


@pytest.mark.parametrize(
    ("command", "output", "failed"),
    [
        (f'git commit -m "{SUBJECT}"', "a hook said no", True),
        (f'git commit -qm "{SUBJECT}"', "", True),
        (f'git commit -m "{SUBJECT}" || true', "nothing to commit", False),
        (f'echo git commit -m "{SUBJECT}"', "git commit", False),
        (f'git log --grep "commit -m" && echo -m "{SUBJECT}"', "1a2b3c4 x", False),
        ('git commit -m "wip"', "[main 1a2b3c4] wip", False),
        (f'gh pr create --title "{SUBJECT}"', "a pull request exists", False),
    ],
)
def test_what_was_not_committed_or_has_no_name_is_not_told(
    command: str, output: str, *, failed: bool
) -> None:
    told = facts(command, output, failed=failed)

    assert not [one for one in told if one.startswith(("Committed", "Opened"))]


def test_a_commit_alone_is_remembered_by_its_subject() -> None:
    memory = only(
        observe(
            asked("commit this please"),
            ran(HERE, DONE),
            stopped("Committed as 1a2b3c4, the branch is clean."),
        )
    )

    assert (memory.title, memory.type) == (SUBJECT, "change")
    assert memory.subtitle is None
    assert memory.facts == (f"Committed “{SUBJECT}”",)
    assert roles(memory, "title") == {"command"}


def test_what_was_found_out_is_the_title_where_a_commit_was_only_made_too() -> None:
    answer = "Discounts of the shop are slow because each row asks for its group."
    memory = only(
        observe(
            asked("Why are the discounts of the shop slow? Note it in the log"),
            said("The notes of the shop are under version control."),
            ran(f'git commit -m "{SUBJECT}"', DONE),
            stopped(answer),
        )
    )

    assert memory.title != SUBJECT
    assert f"Committed “{SUBJECT}”" in memory.facts


def test_a_hostile_command_is_read_in_no_time() -> None:
    command = "git commit " + "-m 'x\" " * 4000
    start = time.process_time()
    facts(command)

    assert time.process_time() - start < 1
