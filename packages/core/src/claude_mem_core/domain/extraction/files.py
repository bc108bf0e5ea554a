# SPDX-License-Identifier: Apache-2.0
"""Which files a turn read and changed, as the project knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.tools import ToolUse
from claude_mem_core.domain.extraction.wording import (
    CHANGED_FILES,
    CHANGED_SYMBOLS,
    CREATED,
    CREATED_SYMBOLS,
    REPLACED,
    listed,
)

MOST_FILES = 20
MOST_SYMBOLS = 6
MOST_IN_TITLE = 3


def files_of(uses: Iterable[ToolUse], root: str) -> tuple[Line, ...]:
    """The paths that calls name, each once, as the project knows them."""
    found: dict[str, Line] = {}
    for use in uses:
        for line in use.files:
            path = within(line.text, root)
            if _is_better(line, found.get(path)):
                found[path] = line.saying(path)
    return tuple(found.values())[:MOST_FILES]


def changes(uses: Iterable[ToolUse], root: str) -> Iterator[Line]:
    """A sentence for each file that is new, or whose changed functions are known.

    That the others changed is told by the list of the files alone.
    """
    symbols: dict[str, dict[str, Line]] = {}
    named: dict[str, Line] = {}
    new: set[str] = set()
    for use in uses:
        for line in use.files:
            path = within(line.text, root)
            named.setdefault(path, line.saying(path))
            own = symbols.setdefault(path, {})
            for symbol in use.symbols:
                own.setdefault(symbol.text, symbol)
            if use.creates:
                new.add(path)
    for path, line in named.items():
        shown = [*symbols[path].values()][:MOST_SYMBOLS]
        if shown or path in new:
            yield _change(line, shown, is_new=path in new)


def replacements(uses: Iterable[ToolUse]) -> Iterator[Line]:
    """What a small edit put in the place of what."""
    told = set[str]()
    for use in uses:
        swapped = use.replacement
        if swapped and use.files:
            file = use.files[0].saying(name_of(use.files[0].text))
            line = REPLACED.of(old=swapped[0], new=swapped[1], file=file)
            if line.text not in told:
                told.add(line.text)
                yield line


def changes_title(uses: Sequence[ToolUse], root: str) -> Line:
    """What changed, short: one file's functions, or the names of some files."""
    files = [line.saying(name_of(line.text)) for line in files_of(uses, root)]
    symbols = {one.text: one for use in uses for one in use.symbols}
    named = [*symbols.values()][:MOST_IN_TITLE]
    if swapped := next(replacements(uses), None):
        return swapped
    if len(files) == 1 and named:
        return CHANGED_SYMBOLS.of(symbols=listed(named), file=files[0])
    return CHANGED_FILES.of(files=listed(files[:MOST_IN_TITLE]))


def within(path: str, root: str) -> str:
    """The path as the project knows it, when it is inside the project."""
    folder = root.rstrip("/\\") + "/"
    plain = path.replace("\\", "/")
    inside = root and plain.startswith(folder.replace("\\", "/"))
    return plain[len(folder) :] if inside and len(plain) > len(folder) else path


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def _change(file: Line, symbols: list[Line], *, is_new: bool) -> Line:
    if not symbols:
        return CREATED.of(file=file)
    told = CREATED_SYMBOLS if is_new else CHANGED_SYMBOLS
    return told.of(symbols=listed(symbols), file=file)


def _is_better(line: Line, known: Line | None) -> bool:
    """Whether a call shows more of a file than the one known: its whole content."""
    if known is None:
        return True
    return known.cited[0].file_hash is None and line.cited[0].file_hash is not None
