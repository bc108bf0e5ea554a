# SPDX-License-Identifier: Apache-2.0
"""SQLite's own system calls, looked at on their way to the database file.

SQLite lets its tests replace the calls that its files go through: `xSetSystemCall` of
sqlite3_vfs, https://www.sqlite.org/c3ref/vfs.html.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faults.patching import replace
from faults.points import PAGES_A_CHECKPOINT

_ANY = ctypes.c_void_p
_WRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, _ANY, ctypes.c_size_t)
_PWRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, _ANY, ctypes.c_size_t, ctypes.c_int64
)
_SET = ctypes.CFUNCTYPE(ctypes.c_int, _ANY, ctypes.c_char_p, _ANY)
_GET = ctypes.CFUNCTYPE(_ANY, _ANY, ctypes.c_char_p)
_CALLS: dict[bytes, Any] = {b"write": _WRITE, b"pwrite": _PWRITE, b"pwrite64": _PWRITE}
"""A build of SQLite writes by one of these."""

_METHODS = (
    "open", "delete", "access", "full_pathname", "dl_open", "dl_error", "dl_sym",
    "dl_close", "randomness", "sleep", "current_time", "get_last_error",
    "current_time_int64", "set_system_call", "get_system_call",
)  # fmt: skip

_kept_alive: list[object] = []


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", _ANY),
        ("name", ctypes.c_char_p),
        ("app_data", _ANY),
        *((name, _ANY) for name in _METHODS),
    )


def before_each_page(database: Path, hit: Callable[[], None]) -> None:
    """Call `hit` before a page is written to the database; each commit checkpoints."""
    replace(PAGES_A_CHECKPOINT, lambda _: 1)
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None)
    get = _GET(vfs.contents.get_system_call)
    put = _SET(vfs.contents.set_system_call)
    for name, shape in _CALLS.items():
        address = get(vfs, name)
        if address:
            call = shape(_told(shape(address), database, hit))
            _kept_alive.append(call)
            put(vfs, name, ctypes.cast(call, _ANY))


def _told(
    write: Callable[..., int], database: Path, hit: Callable[[], None]
) -> Callable[..., int]:
    def twin(handle: int, *args: Any) -> int:
        if _is(database, handle):
            hit()
        return write(handle, *args)

    return twin


def _is(database: Path, handle: int) -> bool:
    return os.path.samestat(os.fstat(handle), database.stat())
