# SPDX-License-Identifier: Apache-2.0
"""RQ with our prefix for its keys, which it reads once, when it is imported."""

from __future__ import annotations

import importlib
import os
import sys

from claude_mem_core.errors import ConfigurationError

VARIABLE = "RQ_KEY_PREFIX"


def import_rq(prefix: str) -> None:
    """Import RQ so that each of its keys begins with `prefix`.

    Raises:
        ConfigurationError: RQ was imported before, with another prefix.
    """
    if "rq.defaults" not in sys.modules:
        os.environ[VARIABLE] = prefix
    known = importlib.import_module("rq.defaults").RQ_KEY_PREFIX
    if known != prefix:
        raise ConfigurationError(
            f"CLAUDE_MEM_QUEUE_REDIS_PREFIX is {prefix!r}, and this process imported "
            f"rq with the prefix {known!r}; start it with {VARIABLE}={prefix}"
        )
