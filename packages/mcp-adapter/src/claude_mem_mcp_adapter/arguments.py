# SPDX-License-Identifier: Apache-2.0
"""Arguments as agents send them: in camelCase or snake_case, lists in any form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from claude_mem_core.domain.listing import MOST_IN_A_LIST, listed
from claude_mem_core.domain.value import (
    ERRORS_REDACTOR,
    LONGEST_KEY_TOLD,
    JsonObject,
    invalid_input,
)
from claude_mem_core.errors import InvalidInputError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

LIST: JsonObject = {"type": "array", "items": {"type": "string"}}

Words = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    Field(max_length=MOST_IN_A_LIST),
    WithJsonSchema(LIST),
]
"""A list; a comma list and JSON in a string are read too."""


def _counted(value: Any) -> Any:  # noqa: ANN401 - as it was sent
    if isinstance(value, bool):
        cure = {"cure": "send a whole number"}
        raise PydanticCustomError("count", "it is true or false, and no number", cure)
    return value


Count = Annotated[int, BeforeValidator(_counted)]
"""A whole number; digits in a string are read too."""

Moment = Annotated[str | int, Field(union_mode="left_to_right")]
"""A day, a time, or milliseconds since 1970."""

PROJECT = (
    "Name, id or folder of the project; leave it out for the one of the folder that "
    "you work in"
)


class Arguments(BaseModel):
    """The base of what a tool takes; every field has a description for the model."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    SYNONYMS: ClassVar[Mapping[str, str]] = {}
    """Other names of arguments, without case and underscores, to the wire's own."""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """What was sent, by whichever of its names; null and `""` are nothing said.

        Raises:
            InvalidInputError: It names every argument at fault, and those there are.
        """
        known, told = cls._names(), dict[str, Any]()
        for name, value in given.items():
            ours = known.get(_folded(name))
            if ours is None:
                raise _unknown(name, [*cls._wire_names()])
            if value is None or value == "":
                # A model that has to send every argument sends these.
                continue
            if ours in told and told[ours] != value:
                raise InvalidInputError.of(
                    ours, "it is given twice, by two of its names", "give it once"
                )
            told[ours] = value
        try:
            return cls.model_validate(told)
        except ValidationError as error:
            raise invalid_input(error) from error

    @classmethod
    def schema_told(cls) -> dict[str, Any]:
        """The JSON schema that the tool is listed with."""
        schema = cls.model_json_schema()
        # Other spellings are read too: nothing that is sent is refused by the list.
        for key in ("additionalProperties", "title", "description"):
            schema.pop(key, None)
        for one in schema.get("properties", {}).values():
            one.pop("title", None)
        return {"properties": {}, **schema}

    def said(self, *left_out: str) -> JsonObject:
        """What was said, by the wire's names, without some of it."""
        dumped = self.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude={*left_out}
        )
        return {name: one for name, one in dumped.items() if one is not None}

    @classmethod
    def _wire_names(cls) -> list[str]:
        return [one.alias or name for name, one in cls.model_fields.items()]

    @classmethod
    def _names(cls) -> Mapping[str, str]:
        return {**cls.SYNONYMS, **{_folded(one): one for one in cls._wire_names()}}


class OfProject(Arguments):
    """The arguments of what is about one project."""

    project: str | None = Field(default=None, description=PROJECT)

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        "projectid": "project",
        "projectname": "project",
    }


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _unknown(name: str, known: list[str]) -> InvalidInputError:
    told = ERRORS_REDACTOR.text(name)[:LONGEST_KEY_TOLD]
    return InvalidInputError.of(
        told, "the tool has no such argument", f"it takes {', '.join(known) or 'none'}"
    )
