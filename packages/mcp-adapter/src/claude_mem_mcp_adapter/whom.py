# SPDX-License-Identifier: Apache-2.0
"""Who asks: told from the request, or from how this process was started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.errors import InvalidInputError
from mcp.server.context import ServerRequestContext

from claude_mem_mcp_adapter.desk import Asker

if TYPE_CHECKING:
    # They take longer to import than all else, and the first call needs them.
    from claude_mem_core.front_end import Letter
    from claude_mem_core.runtime import Runtime

Request = ServerRequestContext[Any, Any]

FACTS = "claude-mem/projectFacts"
"""The key of a request's `_meta` under which a client tells of its folder."""

LETTER = "claude_mem.letter"
"""Where a mounted request carries what its front end found out."""


def of_letter(request: Request, _: Runtime) -> Asker:
    """The caller whom the front end let in."""
    letter = cast("Letter", cast("Any", request.request).scope[LETTER])
    return Asker(letter.by, letter.request_id, letter.peer, told_facts(request.params))


def of_process(key: str | None, facts: ProjectFacts) -> Callable[..., Asker]:
    """Everybody is whoever started this process, in the folder that it started in.

    Args:
        key: Theirs; looked up with each call, as it may be revoked meanwhile. Without
            one they are whoever may read the data folder, who may do everything.
        facts: What is known of the folder.
    """

    def who(request: Request, runtime: Runtime) -> Asker:
        by = runtime.access.authenticate(key) if key else Principal.local()
        return Asker(by, None, None, told_facts(request.params, facts))

    return who


def told_facts(
    params: Mapping[str, Any] | None, known: ProjectFacts | None = None
) -> ProjectFacts:
    """What a client tells of its folder, else what is known of it anyhow.

    Raises:
        InvalidInputError: It tells something else there.
    """
    meta = (params or {}).get("_meta")
    told = meta.get(FACTS) if isinstance(meta, Mapping) else None
    if told is None:
        return known or ProjectFacts()
    if not isinstance(told, Mapping):
        raise InvalidInputError.of(f"_meta.{FACTS}", "it is no object", "send one")
    return ProjectFacts.from_wire(told)
