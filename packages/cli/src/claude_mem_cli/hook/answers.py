# SPDX-License-Identifier: Apache-2.0
"""The last answer of each project, for a session that begins while no server runs.

The server takes them all away when a memory is changed, so that none of them outlives
what it tells of.
"""

from __future__ import annotations

import json
import os
import time

FOLDER = "answers"
AGE = "{AGE}"
"""Stands in an answer for the time since it was given."""

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def keep(folder: str, agent: str, project: str, answer: object) -> None:
    """Keep what a session would be told without a server, in place of the last."""
    kept = os.path.join(folder, FOLDER)
    os.makedirs(kept, mode=0o700, exist_ok=True)
    path = _path(folder, agent, project)
    draft = f"{path}.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump({"at": time.time(), "answer": answer}, file)
    os.replace(draft, path)


def drop(folder: str, agent: str, project: str) -> None:
    """Keep nothing for this project: there is nothing to tell."""
    try:
        os.unlink(_path(folder, agent, project))
    except OSError:
        return


def last(folder: str, agent: str, project: str) -> str | None:
    """What was kept last, with its age; None where nothing is."""
    try:
        with open(_path(folder, agent, project), encoding="ascii") as file:
            kept = json.load(file)
        told = json.dumps(kept["answer"])
        return told.replace(AGE, age(time.time() - float(kept["at"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def age(seconds: float) -> str:
    """A span as a person says it."""
    for length, name in _UNITS:
        count = int(seconds // length)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "a moment"


def _path(folder: str, agent: str, project: str) -> str:
    # It takes as long to load as all the rest here, and most hooks keep no answer.
    import hashlib

    name = hashlib.sha256(f"{agent}\n{project}".encode("utf-8", "replace")).hexdigest()
    return os.path.join(folder, FOLDER, f"{name}.json")
