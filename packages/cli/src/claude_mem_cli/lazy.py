# SPDX-License-Identifier: Apache-2.0
"""Groups whose subcommands are imported when they are called for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import click
from typing_extensions import override


class Lazy(NamedTuple):
    """A subcommand that is not loaded: where it is, and its line in the list."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called for.

    Args:
        lazy: The subcommands that are not loaded, beside those that are.
        given: What click's own group takes.
    """

    def __init__(self, *, lazy: Mapping[str, Lazy], **given: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(**given)
        self._lazy = lazy

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self._lazy]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"claude_mem_cli.commands.{lazy.module}")
        return cast("click.Command", getattr(module, lazy.attribute))

    @override
    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        longest = max(map(len, self.list_commands(ctx)))
        room = formatter.width - longest - 6
        loaded = [
            (name, command.get_short_help_str(room))
            for name, command in self.commands.items()
        ]
        listed = [(name, lazy.help) for name, lazy in self._lazy.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*loaded, *listed])
