# SPDX-License-Identifier: Apache-2.0
"""The files that a question names: `src/lamp.py`, `lamp.py:12` or `lamp.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_RUN = re.compile(r"[\w.@+~/\\:-]+")
_PLACE = re.compile(r"(?::\d{1,7}){1,2}$")
_EXTENSION = r"\.(?:[a-z][a-z0-9_]{1,11}|[cdfhprsvRC])"
_NAME = re.compile(rf"[/\\]?(?:[^/\\]+[/\\])*[^/\\]+{_EXTENSION}")

MOST_NAMED = 10
"""Files of one question that are looked for; a longer list is a document."""


def files_in(text: str) -> Sequence[str]:
    """The files that a text names, each once, as they are written there.

    A file has an extension in small letters, in front of which is a name: other words
    with slashes or points, and addresses of the web, are none. The line after a name
    (`:12`) is left out.
    """
    return list(dict.fromkeys(_files(text)))[:MOST_NAMED]


def _files(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        name = _PLACE.sub("", run.lstrip(":-").rstrip(".:-"))
        if "." in name and "//" not in name and _NAME.fullmatch(name):
            yield name
