# SPDX-License-Identifier: Apache-2.0
"""The address of a git remote, in the one form that all its spellings share."""

from __future__ import annotations

import re
from urllib.parse import unquote

from claude_mem_core.domain.folder import folder_key

_URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<rest>(?s:.*))")
_SCP = re.compile(
    r"(?:[^/\s]*@)?(?P<host>[\w.-]{2,}|\[[^\]/]*\]):(?P<path>[^:](?s:.*))"
)
_HOST = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9a-fA-F:.]+\])(?::\d*)?")
"""What can be nothing else: a user and a part of a password do not look so."""

_SCHEMES = frozenset({"ssh", "git", "http", "https", "git+ssh", "ssh+git", "ftps"})
_FORGES = frozenset({"github", "gitlab", "bitbucket", "codeberg", "gitea"})
"""Whose repositories have names without regard to case."""

_DOORS = {
    "ssh.github.com": "github.com",
    "www.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
}
"""Hosts that are another way into the same place."""


def remote_key(url: str) -> str | None:
    """The identity of what a remote's address names, None where it names nothing.

    `git@github.com:Me/App.git` and `https://token@github.com/me/app/` have the same
    one, `git:github.com/me/app`: scheme, user, password, query and the suffix `.git`
    are no part of it, and a port only where it is one of HTTP and not the usual one.
    A folder stands for itself: `dir:/srv/app.git`.
    """
    url = url.strip()
    found = _URL.fullmatch(url)
    if found is not None:
        scheme, rest = found["scheme"].lower(), found["rest"]
        if scheme == "file":
            return _place(unquote("/" + rest.partition("/")[2]))
        return _named(scheme, rest) if scheme in _SCHEMES else None
    scp = _SCP.fullmatch(url)
    # Of two colons the second would say how to talk, as in `ext::sh -c ...`.
    return _joined(scp["host"], scp["path"]) if scp else _place(url)


def without_secrets(url: str) -> str | None:
    """An address of the same repository that tells neither user nor password.

    None for what names no repository: nobody knows where in it a secret would be.
    """
    url = url.strip()
    if remote_key(url) is None:
        return None
    found = _URL.fullmatch(url)
    if found is not None:
        rest = re.split(r"[?#]", _without_user(found["rest"]))[0]
        return f"{found['scheme']}://{rest}"
    scp = _SCP.fullmatch(url)
    return f"{scp['host']}:{scp['path']}" if scp else url


def _place(path: str) -> str | None:
    key = folder_key(path)
    return key and "dir:" + key.removeprefix("folder:").removesuffix("/.git")


def _named(scheme: str, rest: str) -> str | None:
    authority, _, path = _without_user(rest).partition("/")
    host, port = _host_and_port(authority)
    if scheme in ("http", "https") and port not in ("", "80", "443"):
        host = f"{host}:{port}"
    return _joined(host, re.split(r"[?#]", path)[0])


def _without_user(rest: str) -> str:
    """What follows the user and the password, be there a slash or an `@` in them."""
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    if "@" in path and not _HOST.fullmatch(host):
        return rest.rpartition("@")[2]
    return f"{host}{slash}{path}"


def _host_and_port(authority: str) -> tuple[str, str]:
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon and not port.endswith("]") else (authority, "")


def _joined(host: str, path: str) -> str | None:
    host = host.lower().rstrip(".")
    host = _DOORS.get(host, host)
    path = re.sub(r"/{2,}", "/", unquote(path)).strip("/").removesuffix(".git")
    if host == "dev.azure.com":
        path = path.removeprefix("v3/").replace("/_git/", "/", 1)
    if not _FORGES.isdisjoint(host.split(".")) or host == "dev.azure.com":
        path = path.lower()
    path = path.rstrip("/")
    return f"git:{host}/{path}" if host and path and "\0" not in path else None
