# SPDX-License-Identifier: Apache-2.0
"""What every front end asks before a deed: is the caller's key enough for it?"""

from __future__ import annotations

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.deeds import Deed
from claude_mem_core.errors import ForbiddenError


def require_scope(deed: Deed, caller: Principal) -> None:
    """Nothing, for a caller whose key has the deed's scope.

    Raises:
        ForbiddenError: It names the scope.
    """
    caller.require(deed.scope)


def require_standing(deed: Deed, caller: Principal) -> None:
    """Nothing, for a caller to whom as much is open as the deed is about.

    Raises:
        ForbiddenError: It is about the whole team, or the server.
    """
    if deed.whole_team and caller.project_id is not None:
        raise ForbiddenError("a key that is limited to one project may not do this")
    if deed.team == "server" and not caller.is_operator:
        raise ForbiddenError("only who runs the server may do this")
