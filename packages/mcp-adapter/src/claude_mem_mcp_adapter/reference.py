# SPDX-License-Identifier: Apache-2.0
"""The part of docs/reference/mcp.md that lists what there is, made from the tables.

python -m claude_mem_mcp_adapter.reference docs/reference/mcp.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from claude_mem_mcp_adapter.errors import ROWS
from claude_mem_mcp_adapter.prompts import PROMPTS
from claude_mem_mcp_adapter.resources import RESOURCES
from claude_mem_mcp_adapter.tools import OBSERVATION_TOOLS, TOOLS, ToolSpec

BEGINS = "<!-- What there is, as the tables in packages/mcp-adapter have it. -->\n"
ENDS = "<!-- The end of what there is. -->\n"


def listing() -> str:
    """All tools, resources, prompts and errors, in Markdown."""
    parts = (
        "## Tools\n",
        *map(_tool, TOOLS),
        "## Tools on demand\n",
        "Listed where `CLAUDE_MEM_MCP_OBSERVATION_NAMES` is `true`.\n",
        *map(_tool, OBSERVATION_TOOLS),
        *_resources(),
        *_prompts(),
        *_errors(),
    )
    return "\n".join(parts)


def rewritten(page: str) -> str:
    """The page with its listing as the tables have it now."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{listing()}\n{ENDS}{after}"


def _tool(row: ToolSpec) -> str:
    hints = ["reads only" if row.reads else "writes"]
    hints += ["takes away what was there"] if row.destroys else []
    hints += ["may be called again"] if row.repeats else []
    head = (
        f"### {row.name}\n\n{row.title}: {', '.join(hints)}; scope `{row.deed.scope}`."
    )
    if row.same_as is not None:
        return f"{head} The same as `{row.same_as}`.\n"
    schema = row.takes.schema_told()
    needed = schema.get("required", [])
    lines = [
        f"| `{name}`{' (needed)' if name in needed else ''} | {_kind(one)} | "
        f"{one['description']}{_default(one)} |"
        for name, one in schema["properties"].items()
    ]
    table = "\n".join(("| argument | | |", "|---|---|---|", *lines))
    gives = ", ".join(
        f"`{one.alias or name}`" for name, one in row.gives.model_fields.items()
    )
    return f"{head}\n\n{row.about}\n\n{table}\n\nGives {gives}.\n"


def _kind(one: Mapping[str, Any]) -> str:
    kinds = one.get("anyOf", [one])
    names = [str(kind.get("type", "any")) for kind in kinds]
    return " or ".join(name for name in names if name != "null")


def _default(one: Mapping[str, Any]) -> str:
    default = one.get("default")
    bounds = [one.get("minimum"), one.get("maximum")]
    told = f"; {bounds[0]} to {bounds[1]}" if None not in bounds else ""
    return f"{told}; {default} when left out" if default not in (None, [], ()) else told


def _resources() -> Iterator[str]:
    yield "## Resources\n\n| URI | | scope | form |\n|---|---|---|---|"
    for row in RESOURCES:
        yield f"| `{row.uri}` | {row.about} | `{row.deed.scope}` | {row.mime_type} |"
    yield ""


def _prompts() -> Iterator[str]:
    yield "## Prompts\n\n| prompt | | arguments | scope |\n|---|---|---|---|"
    for row in PROMPTS:
        takes = ", ".join(
            f"`{one.name}`{' (needed)' if one.required else ''}" for one in row.takes
        )
        yield f"| `{row.name}` | {row.about} | {takes} | `{row.deed.scope}` |"
    yield ""


def _errors() -> Iterator[str]:
    yield "## What a model is told of an error\n"
    yield "| error | as | what it is told to do |\n|---|---|---|"
    for kind, row in ROWS.items():
        how = f"error {row.code} of the protocol" if row.is_protocol else "tool error"
        yield f"| `{kind.__name__}` | {how} | {row.next} |"
    yield ""


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(rewritten(page.read_text("utf-8")), "utf-8")
