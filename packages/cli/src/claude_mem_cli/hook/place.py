# SPDX-License-Identifier: Apache-2.0
"""Where the server of this machine is, and by which key it is asked."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FOLDER = "~/.claude-mem/server"
RUNTIME = "server.runtime.json"
KEYS = "keys"
TOKEN = "token"  # noqa: S105 - a file's name

KEY_PARTS = 4
"""Parts of a key between underscores, of which the third one is public."""


class Place:
    """Where events go.

    Attributes:
        folder: The data folder.
        host: Where the server of the folder listens; None where none runs.
        port: Its port.
        key: What it is asked with; None where none was made yet.
    """

    __slots__ = ("folder", "host", "key", "port")

    def __init__(
        self, folder: str, host: str | None, port: int, key: str | None
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.key = key

    @property
    def public_key(self) -> str | None:
        """The part of the key that opens nothing, by which a server finds it."""
        parts = (self.key or "").split("_")
        return parts[2] if len(parts) == KEY_PARTS else None


def place(env: Mapping[str, str], agent: str = "") -> Place:
    """Where events go, by the same rules as every command's.

    Args:
        env: The environment.
        agent: Whose key is shown, where the environment has none.
    """
    named = env.get("CLAUDE_MEM_DATA_DIR") or DEFAULT_FOLDER
    folder = os.path.abspath(os.path.expanduser(named))
    host, port = _server(folder)
    own = _text(os.path.join(folder, KEYS, agent)) if agent else None
    key = env.get("CLAUDE_MEM_API_KEY") or own or _text(os.path.join(folder, TOKEN))
    clean = key.strip() if key and key.strip().isascii() else None
    return Place(folder, host, port, clean or None)


def _server(folder: str) -> tuple[str | None, int]:
    """The server that the folder's files tell of, if its process still is the one."""
    try:
        told = _text(os.path.join(folder, RUNTIME)) or ""
        pid, url, token = (_said(told, name) for name in ("pid", "url", "startToken"))
        address = url.partition("://")[2].rstrip("/")
        host, _, port = address.rpartition(":")
        number = int(port)
    except ValueError:
        return None, 0
    # Whoever took over the port of one that ended must not be told the key.
    if _start_token(pid) not in (token, "?"):
        return None, 0
    return host.strip("[]"), number


def _said(record: str, name: str) -> str:
    """What a record of a server says under a name, without reading all of its JSON.

    Neither an address nor a token has anything that JSON escapes, and no text in it can
    hold this name: the quotes in a text are escaped.
    """
    value = record.partition(f'"{name}":')[2].lstrip()
    if value.startswith('"'):
        return value[1:].partition('"')[0]
    return value.partition(",")[0].partition("}")[0].strip()


def _start_token(pid: str) -> str | None:
    """What tells the process from a later one; `?` where this machine tells nothing."""
    if not os.path.exists("/proc/self/stat"):
        return "?"
    stat = _text(f"/proc/{pid}/stat")
    boot = _text("/proc/sys/kernel/random/boot_id")
    if stat is None or boot is None:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    # One that has ended stays on the list until its parent has noticed.
    return None if state in "ZXx" else f"{boot.strip()}:{fields[18]}"


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65_536)
    except OSError:
        return None
