# SPDX-License-Identifier: Apache-2.0
"""What a project is known by: facts that clients tell, and the keys made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.folder import (
    folder_key,
    is_wide,
    last_name,
    parent_keys,
    root_key,
)
from claude_mem_core.domain.remote import remote_key
from claude_mem_core.domain.value import Epoch, Id, Name, Text, Value

LONGEST_KEY = 1024
"""Characters of a key; a longer one is cut, and its hash put behind."""

MOST_REMOTES = 8

HOSTED = "git:"
"""How the keys of remotes begin that are no folders."""

Proof = Literal["user", "repository", "folder"]
"""Why a key stands for a project: a person said so, a client saw the repository, or
somebody worked in the folder and nobody knows more."""


class ProjectIdentity(Value):
    """A key that stands for a project; within a team it stands for one."""

    project_id: Id
    key: Text
    proof: Proof
    created_at_epoch: Epoch

    @property
    def holds_below(self) -> bool:
        """Whether a folder in it, of which nothing else is known, is the project's.

        A folder that is no repository may hold any number of projects; a home or the
        root of a disk holds what has nothing in common.
        """
        return self.proof != "folder" and not is_wide(self.key)


class ProjectFacts(Value):
    """What is known of the folder that an agent works in; all of it may be missing.

    Attributes:
        name: The project that the user names; it settles the matter.
        folder: Where the agent works, an absolute path on its own machine.
        real_folder: The same place with every symbolic link followed.
        top_level: The folder of the git working copy around it.
        common_dir: Where git keeps what a repository's working copies share.
        remotes: The addresses of git remotes, the one that decides first.
        looked: A client looked at the disk: what is missing here is missing there.
    """

    name: Name | None = None
    folder: Text | None = None
    real_folder: Text | None = None
    top_level: Text | None = None
    common_dir: Text | None = None
    remotes: tuple[Text, ...] = Field(default=(), max_length=MOST_REMOTES)
    looked: bool = False

    @property
    def remote_keys(self) -> Sequence[str]:
        """The remotes' keys, the one that decides first."""
        return _keys(*map(remote_key, self.remotes))

    @property
    def place_keys(self) -> Sequence[str]:
        """The keys of the repository on its machine, or of the folder outside of one.

        A folder within a repository is not among them: it is the repository's.
        """
        if self.top_level is None:
            folders = [one for one in (self.folder, self.real_folder) if one]
        else:
            folders = [self.top_level]
        common = self.common_dir
        stored = remote_key(common) if common and folder_key(common) else None
        return _keys(stored, *map(root_key, folders))

    @property
    def folder_keys(self) -> Sequence[str]:
        """The keys of the folder and of all above it, nearest first."""
        found: list[str] = []
        for path in (self.folder, self.real_folder, self.top_level):
            key = folder_key(path) if path is not None else None
            found += [key, *parent_keys(key)] if key is not None else []
        return _keys(*sorted(found, key=len, reverse=True))

    @property
    def inner_keys(self) -> Sequence[str]:
        """The keys of the folder and of those above it that are in its repository."""
        top = folder_key(self.top_level) if self.top_level is not None else None
        if top is None:
            return self.place_keys
        below = f"{top.rstrip('/')}/"
        keys = self.folder_keys
        return tuple(one for one in keys if one == top or one.startswith(below))

    @property
    def is_hosted(self) -> bool:
        """Whether a remote is known that is no folder of some machine."""
        return any(key.startswith(HOSTED) for key in self.remote_keys)

    @property
    def proof(self) -> Proof:
        """What these facts prove about the keys that are made from them."""
        is_repository = self.common_dir or self.top_level or self.remotes
        return "repository" if is_repository else "folder"

    @property
    def root(self) -> str | None:
        """The folder that the project is rooted at, as the client spells it."""
        place = self.top_level or self.folder
        key = root_key(place) if place is not None else None
        if place is None or key is None or key == folder_key(place):
            return place if key else None
        return key.removeprefix("folder:")

    @property
    def title(self) -> str | None:
        """What people call the project that these facts are of; it is no identity."""
        if self.name is not None:
            return self.name
        # Of a worktree the repository's own folder tells more than where it stands.
        named = (*self.remote_keys, *self.place_keys[: self.common_dir is not None])
        whole = next((one for one in (*named, self.root) if one), None)
        return last_name(whole).removesuffix(".git") if whole else None


class ProjectAlias(Value):
    """What a person wants to stand for a project.

    Attributes:
        of: An absolute path, or the address of a git remote.
    """

    of: Text


def chosen(
    facts: ProjectFacts,
    known: Mapping[str, ProjectIdentity],
    *,
    has_remote: Callable[[str], bool],
) -> ProjectIdentity | None:
    """The identity that says which project the facts are of, if any does.

    What a person said of the folder or of one above it comes first; then the remotes,
    the repository's place on its machine, the folder; and last, for a folder that
    nobody looked at, the nearest repository above it.

    Args:
        facts: Their `name` is not looked at.
        known: What the facts' keys stand for.
        has_remote: Whether a project is known by a remote. Where the facts have one
            that is not known, the project of their folder is another one then: a
            repository stands where a different one stood.
    """
    said = (known[key] for key in facts.folder_keys if key in known)
    nearest = next((one for one in said if _is_said(one, facts)), None)
    by_remote = (known[key] for key in facts.remote_keys if key in known)
    found = nearest or next(by_remote, None)
    if found is not None:
        return found
    for key in _keys(*facts.place_keys, *facts.inner_keys):
        here = known.get(key)
        if here and not (facts.is_hosted and has_remote(here.project_id)):
            return here
    above = () if facts.looked or facts.proof == "repository" else facts.folder_keys
    return next(
        (known[key] for key in above if key in known and known[key].holds_below), None
    )


def to_link(
    facts: ProjectFacts, known: Mapping[str, ProjectIdentity], project_id: str, now: int
) -> Sequence[ProjectIdentity]:
    """The identities to write so that the facts' keys stand for the project.

    A remote stays with the project that it has. A place follows the newest facts, as
    folders come and go, unless a person said whose it is.
    """
    inner = [key for key in facts.inner_keys if key in known]
    places = _keys(*facts.place_keys, *inner)
    fixed = {*facts.remote_keys} - {*facts.place_keys}
    return [
        ProjectIdentity(
            project_id=project_id, key=key, proof=facts.proof, created_at_epoch=now
        )
        for key in _keys(*facts.remote_keys, *places)
        if _is_to_write(known.get(key), project_id, facts.proof, is_fixed=key in fixed)
    ]


def key_of(given: str) -> str | None:
    """The key of what a person names: an absolute path, or a remote's address."""
    return next(iter(_keys(folder_key(given) or remote_key(given))), None)


def _is_said(one: ProjectIdentity, facts: ProjectFacts) -> bool:
    is_here = one.key in facts.inner_keys
    return one.proof == "user" and (is_here or one.holds_below)


def _is_to_write(
    old: ProjectIdentity | None, project_id: str, proof: Proof, *, is_fixed: bool
) -> bool:
    if old is None:
        return True
    if old.proof == "user" or proof == "folder":
        return False
    if old.project_id != project_id:
        return not is_fixed
    return old.proof == "folder"


def _keys(*keys: str | None) -> Sequence[str]:
    return tuple(dict.fromkeys(_bounded(key) for key in keys if key is not None))


def _bounded(key: str) -> str:
    # What is no character cannot be kept: half of a pair, as a client may send it.
    key = key.encode("utf-8", "backslashreplace").decode()
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 64]}{fingerprint(key)}"
