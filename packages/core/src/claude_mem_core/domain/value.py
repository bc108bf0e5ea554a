# SPDX-License-Identifier: Apache-2.0
"""The base of every value, and the border between the wire and Python."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Self, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.errors import InvalidInputError, Issue

LAST_EPOCH = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last moment that every date library can name."""

Id = Annotated[str, Field(min_length=1, max_length=256)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=512)]
Epoch = Annotated[int, Field(strict=True, ge=0, le=LAST_EPOCH)]
"""Milliseconds since 1970-01-01T00:00:00Z."""

JsonObject = dict[str, JsonValue]


def millis(span: timedelta) -> int:
    """How many whole milliseconds a span has: the unit of every epoch."""
    return span // timedelta(milliseconds=1)


MOST_ISSUES = 20
"""Faults of one value that its error tells one by one."""

LONGEST_KEY_TOLD = 64
"""Characters of a key that an error repeats."""


class Value(BaseModel):
    """A frozen value: snake_case in Python, camelCase on the wire.

    A key that it does not know is refused by name, never dropped in silence.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    def from_wire(cls, data: object) -> Self:
        """The value that the JSON `data` stands for.

        Raises:
            InvalidInputError: It names every field at fault, its cause and cure.
        """
        try:
            return cls.model_validate(data, by_alias=True, by_name=False)
        except ValidationError as error:
            raise invalid_input(error) from error

    @classmethod
    def of_valid(cls, fields: dict[str, Any]) -> Self:
        """The value of fields that other values held already: none is looked at again.

        Args:
            fields: Every field by its Python name; the value keeps the dictionary.
        """
        made = cls.__new__(cls)
        # What `model_construct` does when no field is missing, at a tenth of its price.
        object.__setattr__(made, "__dict__", fields)
        object.__setattr__(made, "__pydantic_fields_set__", set(fields))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    def to_wire(self) -> JsonObject:
        """The value as JSON with the wire's names."""
        return cast("JsonObject", self.model_dump(mode="json", by_alias=True))

    def changed(self, **changes: object) -> Self:
        """A copy with some fields changed; the changes are validated too."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, **changes}, by_name=True)


def invalid_input(error: ValidationError) -> InvalidInputError:
    """Our error for a value that pydantic refused.

    It names the first `MOST_ISSUES` faults and counts the others: an answer must not
    be many times longer than what it answers.
    """
    details = error.errors(include_url=False)
    issues = [_issue(detail) for detail in details[:MOST_ISSUES]]
    told = [str(issue) for issue in issues]
    if len(details) > MOST_ISSUES:
        told.append(f"and {len(details) - MOST_ISSUES} faults more")
    return InvalidInputError("; ".join(told), issues=issues)


def _issue(detail: ErrorDetails) -> Issue:
    # First the secrets, then the length: half of one would be known by no rule.
    place = (
        ERRORS_REDACTOR.text(str(part))[:LONGEST_KEY_TOLD] for part in detail["loc"]
    )
    field = ".".join(place) or "body"
    cure = _CURES.get(detail["type"], "see the field's rule in the API reference")
    return Issue(field, detail["msg"], str(detail.get("ctx", {}).get("cure", cure)))


ERRORS_REDACTOR = Redactor()
"""An error repeats keys that its caller made up."""

_CURES = {
    "extra_forbidden": "remove this key",
    "missing": "add this key",
    "string_too_short": "give at least one character",
    "string_too_long": "send fewer characters",
    "string_type": "send a JSON string",
    "int_parsing": "send a whole number",
    "int_from_float": "send a whole number",
    "float_type": "send a number",
    "float_parsing": "send a number",
    "finite_number": "send a number in these bounds",
    "int_type": "send a JSON integer",
    "model_type": "send a JSON object",
    "model_attributes_type": "send a JSON object",
    "dict_type": "send a JSON object",
    "tuple_type": "send a JSON array",
    "list_type": "send a JSON array",
    "too_long": "send fewer",
    "too_short": "send more",
    "bool_type": "send true or false",
    "literal_error": "send one of the values listed",
    "greater_than": "send a number in these bounds",
    "less_than": "send a number in these bounds",
    "greater_than_equal": "send a number in these bounds",
    "less_than_equal": "send a number in these bounds",
}
