# SPDX-License-Identifier: Apache-2.0
"""How a value stands in a row: one column a field, lists and objects as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any, Generic, TypeVar

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.value import Value
from claude_mem_core.errors import StorageError
from pydantic_core import PydanticSerializationError, from_json, to_json

from claude_mem_storage_sqlite.driver import Row

V = TypeVar("V", bound=Value)

WITHIN = (
    "CROSS JOIN projects p ON p.id = r.project_id AND p.team_id = :team"
    " AND (:project IS NULL OR p.id = :project)"
)
"""Keeps the rows `r` that lie within a scope; a cross join is not reordered, so the
row is found first and its project looked up."""


OF_PROJECT = (
    "(SELECT p.id FROM projects p WHERE p.id = :wanted AND p.team_id = :team"
    " AND (:project IS NULL OR p.id = :project))"
)
"""The project `:wanted` where it lies within a scope: it is looked up once, and not for
each of its rows."""


def within(scope: Scope, **others: object) -> Mapping[str, object]:
    """The parameters that `WITHIN` asks for, and others."""
    return {"team": scope.team_id, "project": scope.project_id, **others}


class Rows(Generic[V]):
    """The columns of one kind of value.

    Args:
        model: The value.
        table: The table's name.
        as_json: Its fields that are kept as JSON text.
        extra: Columns that the value does not have, written after its own.
        elsewhere: Its fields that stand in a table of their own.
    """

    def __init__(
        self,
        model: type[V],
        table: str,
        *,
        as_json: Collection[str] = ("metadata",),
        extra: Collection[str] = (),
        elsewhere: Collection[str] = (),
    ) -> None:
        own = [name for name in model.model_fields if name not in elsewhere]
        self._model = model
        self.table = table
        self._own = tuple(own)
        self._fields = attrgetter(*own)
        self.as_json = tuple(name for name in own if name in as_json)
        self._places = tuple(own.index(name) for name in self.as_json)
        columns = [*own, *extra]
        named = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" for _ in columns)
        sets = ", ".join(f'"{name}" = ?' for name in columns)
        self.columns = ", ".join(f'r."{name}"' for name in own)
        self.returned = ", ".join(f'"{name}"' for name in own)
        self.select = f"SELECT {self.columns} FROM {table} r"
        self.insert = f"INSERT INTO {table} ({named}) VALUES ({marks})"
        self.update = f"UPDATE {table} SET {sets} WHERE id = ?"

    def row(self, value: V, *extra: object) -> list[object]:
        """The value's columns, and those that it does not have itself."""
        row = list(self._fields(value))
        for place in self._places:
            row[place] = json_text(row[place])
        return [*row, *extra]

    def value(self, row: Row) -> V:
        """The value of a row.

        Raises:
            StorageError: Somebody wrote into it what the value cannot hold.
        """
        fields = self.fields(row)
        try:
            for name in self.as_json:
                fields[name] = of_json(fields[name])
            return self._model(**fields)
        except ValueError as error:
            raise self.spoilt(fields["id"], error) from error

    def fields(self, row: Row) -> dict[str, Any]:
        """The columns of a row by their names, as they stand there."""
        return dict(zip(self._own, row, strict=False))

    def spoilt(self, row_id: object, error: Exception) -> StorageError:
        """Our error for a row that somebody wrote into."""
        message = f"{self.table}: the row {row_id!r} cannot be read: {error}"
        return StorageError(message)


def of_json(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    """What a column's JSON says.

    Raises:
        ValueError: It is none.
    """
    if text == "{}":
        return {}
    if text == "[]":
        return []
    try:
        return from_json(text)
    except ValueError:
        # Half of a surrogate pair, which only the slower reader takes.
        return json.loads(text)


def json_text(value: object) -> str:
    """JSON in which any text that Python can hold survives."""
    if not value and isinstance(value, dict):
        return "{}"
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except (PydanticSerializationError, UnicodeEncodeError):
        # Half of a surrogate pair has no UTF-8, but JSON can spell it out.
        return json.dumps(value, separators=(",", ":"))
