# SPDX-License-Identifier: Apache-2.0
"""What every writing service does before its deed: it takes out what must not stay."""

from __future__ import annotations

import logging
from typing import TypeVar, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from claude_mem_core.domain.agent_event import (
    USER_PROMPT,
    AgentEventCapture,
    AgentEventDraft,
)
from claude_mem_core.domain.keeping import PRIVATE_TURN, Keeping, noted
from claude_mem_core.domain.privacy import MOST_TAGS, is_wholly_private
from claude_mem_core.domain.redaction.redactor import Cleaned
from claude_mem_core.domain.value import JsonObject, Value, invalid_input

V = TypeVar("V", bound=Value)
E = TypeVar("E", bound=AgentEventDraft | AgentEventCapture)

NOTHING_LEFT = "[private]"
"""What stands where something must, and all of it was private."""

log = logging.getLogger(__name__)


def cleaned(value: V, keeping: Keeping) -> V:
    """The value without what must not be kept; the same one where there is nothing.

    Raises:
        InvalidInputError: What is left is no such value any more.
    """
    return cleaning(value, keeping).value


def cleaning(value: V, keeping: Keeping) -> Cleaned[V]:
    """The value without what must not be kept, and what that was."""
    given = value.model_dump(mode="json", by_alias=False)
    clean = _clean(given, keeping)
    if clean.value is given:
        return Cleaned(value)
    changes = {
        name: _filled(after, type(value).model_fields[name])
        for name, after in clean.value.items()
        if after != given[name]
    }
    named = {name: getattr(value, name) for name in value.model_fields_set}
    try:
        made = type(value).model_validate({**named, **changes}, by_name=True)
    except ValidationError as error:
        raise invalid_input(error) from error
    return Cleaned(made, clean.found, clean.tags)


def cleaned_event(event: E, keeping: Keeping) -> E:
    """The event without what must not be kept, with a note of what was taken out."""
    return cleaning_of_event(event, keeping).value


def cleaning_of_event(event: E, keeping: Keeping) -> Cleaned[E]:
    """The event without what must not be kept, and what that was."""
    given = vars(event)
    clean = _clean(given, keeping)
    is_private = _is_private_prompt(event)
    if clean.value is given and not is_private:
        return Cleaned(event)
    changes = {
        name: _filled(after, type(event).model_fields[name])
        for name, after in clean.value.items()
        if after != given[name]
    }
    notes: JsonObject = {}
    if clean.found:
        notes["redacted"] = dict(clean.found)
    if is_private:
        notes["withheld"] = PRIVATE_TURN
    if notes:
        changes["metadata"] = noted(clean.value["metadata"], **notes)
    made = cast("E", event.model_copy(update=changes))
    return Cleaned(made, clean.found, clean.tags)


def _clean(given: JsonObject, keeping: Keeping) -> Cleaned[JsonObject]:
    clean = keeping.redactor.json(given)
    if clean.tags > MOST_TAGS:
        log.warning("one value has %d tags that mark private parts", clean.tags)
    return cast("Cleaned[JsonObject]", clean)


def _is_private_prompt(event: AgentEventDraft | AgentEventCapture) -> bool:
    if event.event_type != USER_PROMPT or not isinstance(event.payload, dict):
        return False
    prompt = event.payload.get("prompt")
    return isinstance(prompt, str) and is_wholly_private(prompt)


def _filled(after: object, field: FieldInfo) -> object:
    """What a field holds when all that was in it was private."""
    if isinstance(after, list):
        return [each for each in after if each != ""]
    if after != "":
        return after
    return NOTHING_LEFT if field.is_required() else None
