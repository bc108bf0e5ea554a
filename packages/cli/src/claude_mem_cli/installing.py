# SPDX-License-Identifier: Apache-2.0
"""Changing the files of coding agents, and changing them back."""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from claude_mem_core.domain.access import KeyDraft
from claude_mem_core.domain.installing import KEY_ADDS, KEY_ROLE, FileChange, Site
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.domain.value import ERRORS_REDACTOR
from claude_mem_core.errors import NotFoundError
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Installer
from claude_mem_core.settings import CoreSettings

from claude_mem_cli.client import Client

RECEIPTS = "installed"
NEW_KEY = "cmem_ag_<made-when-it-is-installed>"
PRIVATE, USUAL = 0o600, 0o644


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was installed where.

    Attributes:
        key_id: The key that was made for it.
        before: What each file held then, None where it was not there.
        after: The SHA-256 of what each held afterwards.
    """

    path: Path
    key_id: str | None
    before: Mapping[str, bytes | None]
    after: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Receipt:
        """The receipt in this file; an empty one where there is none."""
        told: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            told = json.loads(path.read_text())
        files = told.get("files", {})
        before = {name: one["before"] for name, one in files.items()}
        return cls(
            path,
            told.get("keyId"),
            {n: t if t is None else base64.b64decode(t) for n, t in before.items()},
            {name: one["after"] for name, one in files.items()},
        )

    def write(self) -> None:
        """Keep it, for its owner alone."""
        files = {
            name: {
                "before": None if old is None else base64.b64encode(old).decode(),
                "after": self.after[name],
            }
            for name, old in self.before.items()
        }
        text = json.dumps({"keyId": self.key_id, "files": files}, indent=2)
        _write(self.path, text.encode(), PRIVATE)


def installers() -> Mapping[str, Installer]:
    """The installers of agents whose words are known here, by their names."""
    plugins = installed_plugins()
    known = {one.name for one in plugins.agents()}
    return {one.name: one for one in plugins.installers() if one.name in known}


def installer_of(name: str) -> Installer:
    """The installer of an agent; `NotFoundError` for an unknown one."""
    known = installers()
    if name not in known:
        raise NotFoundError("agent", f"{name} (known: {', '.join(known)})")
    return known[name]


def site_of(env: Mapping[str, str], project: Path | None) -> Site:
    """Where to install: in a project, or for all of the user's."""
    folder = CoreSettings.from_env(env).folder
    own = None if project is None else project.absolute()
    return Site(Path.home(), own, folder, sys.executable)


def receipt_of(installer: Installer, site: Site) -> Receipt:
    """What was installed at this site."""
    where = hashlib.sha256(str(site.project or "user").encode()).hexdigest()[:12]
    return Receipt.read(site.folder / RECEIPTS / f"{installer.name}-{where}.json")


def planned(installer: Installer, site: Site) -> Sequence[FileChange]:
    """What installing would change, with the present key or a placeholder of one."""
    key = installer.installed_key(site) or NEW_KEY
    return installer.install(replace(site, key=key))


def install(installer: Installer, site: Site, client: Client) -> Sequence[FileChange]:
    """What was changed; a key is made where none is shown yet."""
    receipt = receipt_of(installer, site)
    key, key_id = installer.installed_key(site), receipt.key_id
    if key is None:
        draft = KeyDraft(
            kind="agent",
            role=KEY_ROLE,
            scopes=KEY_ADDS,
            name=f"{installer.title} hooks",
            no_expiry=True,
        )
        new = client.team(LOCAL_TEAM_ID).issue_key(draft)
        key, key_id = new.raw, new.facts.id
    changes = installer.install(replace(site, key=key))
    before, after = dict(receipt.before), dict(receipt.after)
    for one in changes:
        name = str(one.path)
        if name not in before or _sum(one.before) != after[name]:
            before[name] = one.before
        after[name] = _sum(one.after)
    # First what undoes it: a kill in between leaves nothing that cannot be undone.
    Receipt(receipt.path, key_id, before, after).write()
    apply(changes)
    return changes


def unplanned(installer: Installer, site: Site) -> Sequence[FileChange]:
    """What uninstalling would change, back to what was where nobody changed it."""
    receipt = receipt_of(installer, site)
    changes = {str(one.path): one for one in installer.uninstall(site)}
    for name, before in receipt.before.items():
        path = Path(name)
        now = path.read_bytes() if path.exists() else None
        if now is not None and _sum(now) == receipt.after[name]:
            changes[name] = FileChange(path, now, before)
    return tuple(changes.values())


def uninstall(installer: Installer, site: Site, client: Client) -> Sequence[FileChange]:
    """What was changed back; the key that was made for it opens nothing any more."""
    receipt = receipt_of(installer, site)
    changes = unplanned(installer, site)
    apply(changes)
    if receipt.key_id is not None:
        with suppress(NotFoundError):
            client.team(LOCAL_TEAM_ID).revoke_key(receipt.key_id)
    receipt.path.unlink(missing_ok=True)
    return changes


def apply(changes: Sequence[FileChange]) -> None:
    """Make the files what they are to be, each at once and whole."""
    for one in changes:
        if one.after is None:
            one.path.unlink(missing_ok=True)
            _drop_empty(one.path.parent)
        else:
            _write(one.path, one.after, _mode(one))


def diff(change: FileChange) -> str:
    """A change as people read it, without any key."""
    old, new = (
        (side or b"").decode("utf-8", "replace").splitlines(keepends=True)
        for side in (change.before, change.after)
    )
    names = (str(change.path), "deleted" if change.after is None else "")
    return ERRORS_REDACTOR.text("".join(_lines(old, new, names)))


def _lines(
    old: Sequence[str], new: Sequence[str], names: tuple[str, str]
) -> Iterator[str]:
    for line in difflib.unified_diff(old, new, names[0], names[1] or names[0], n=1):
        yield line if line.endswith("\n") else f"{line}\n"


def _mode(change: FileChange) -> int:
    if change.is_private:
        return PRIVATE
    with suppress(OSError):
        return change.path.stat().st_mode & 0o777
    return USUAL


def _write(path: Path, content: bytes, mode: int) -> None:
    # What is a link stays one: the file that it leads to is changed.
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
    draft.replace(path)


def _drop_empty(folder: Path) -> None:
    """Take away the folders that are empty now, up to one that is not."""
    with suppress(OSError):
        while True:
            folder.rmdir()
            folder = folder.parent


def _sum(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()
