# SPDX-License-Identifier: Apache-2.0
"""What a user names to be taken in: transcripts, and files of payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claude_mem_core.errors import InvalidInputError

from claude_mem_cli.payloads import STDIN, holds_payloads
from claude_mem_cli.transcripts import Finder, Found


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be taken in.

    Attributes:
        transcripts: In which agents wrote their sessions down.
        payloads: Files of payloads, or `-`.
        ignored: How many files of a folder are neither.
    """

    transcripts: Sequence[Found]
    payloads: Sequence[str]
    ignored: int = 0


def given_by(
    env: Mapping[str, str],
    *,
    files: Sequence[str],
    everything: bool,
    agents: Sequence[str],
) -> Given:
    """What the arguments of the command stand for.

    Args:
        env: The environment, which says where the agents' folders are.
        files: Files and folders, or `-`.
        everything: All that the agents keep in their own folders.
        agents: Only transcripts of these; without files, all that those keep.

    Raises:
        InvalidInputError: They stand for nothing.
    """
    everything = everything or bool(agents and not files)
    if not files and not everything:
        cause = "nothing is named"
        raise InvalidInputError.of("FILES", cause, "name files, or take --all")
    finder = Finder(env, agents)
    found = {one.path.absolute(): one for one in finder.at_home()} if everything else {}
    payloads: list[str] = []
    ignored = 0
    for name in files:
        path = Path(name)
        if name != STDIN and path.is_dir():
            inside, others = finder.in_folder(path)
            found |= {one.path.absolute(): one for one in inside}
            ours = [str(one) for one in others if holds_payloads(one)]
            payloads += ours
            ignored += len(others) - len(ours)
        elif name != STDIN and (one := finder.one(path)) is not None:
            found[path.absolute()] = one
        else:
            payloads.append(name)
    return Given([*found.values()], payloads, ignored)
