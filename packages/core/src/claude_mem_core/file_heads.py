# SPDX-License-Identifier: Apache-2.0
"""How files begin, which tells what they are."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

GZIP_MAGIC = b"\x1f\x8b"
HEAD = 64 * 1024
"""Bytes that are enough to tell what a file is."""


def head_of(path: Path, size: int = HEAD) -> bytes:
    """The first bytes of a file, unpacked; nothing where it cannot be read.

    Args:
        path: The file, plain or packed by gzip.
        size: At most so many bytes.
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(size)
            if not head.startswith(GZIP_MAGIC):
                return head
            raw.seek(0)
            return gzip.GzipFile(fileobj=raw).read(size)
    except (OSError, EOFError, zlib.error):
        return b""
