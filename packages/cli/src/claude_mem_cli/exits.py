# SPDX-License-Identifier: Apache-2.0
"""How the command ends: the one table from errors to exit codes.

::

    0   done
    1   not_found, conflict     no such project; a server already runs, or none does
    2   invalid_input           a wrong option, or lines that were not taken in
    69  unavailable             the server or the store does not answer
    77  unauthenticated, forbidden, rate_limited, quota_exceeded
    78  configuration           a wrong setting, or a port that is taken
    130                         interrupted
"""

from __future__ import annotations

from collections.abc import Mapping

from claude_mem_core.errors import (
    AccessError,
    AdapterError,
    ClaudeMemError,
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
)

OK = 0
ABSENT = 1
BAD_INPUT = 2
INTERRUPTED = 130

EXIT_CODES: Mapping[type[ClaudeMemError], int] = {
    InvalidInputError: BAD_INPUT,
    NotFoundError: ABSENT,
    ConflictError: 1,
    AccessError: 77,
    ConfigurationError: 78,
    AdapterError: 69,
    ClaudeMemError: 1,
}
"""Most special first."""


def exit_code(error: ClaudeMemError) -> int:
    """The number that the process ends with for `error`."""
    return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
