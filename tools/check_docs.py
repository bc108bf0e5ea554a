# SPDX-License-Identifier: Apache-2.0
"""The documentation gate: every link leads somewhere, every page can be reached.

``python tools/check_docs.py [ROOT]`` follows the relative links of the Markdown pages
and prints one line for each that leads nowhere, and for each page under ``docs/``
that no chain of links reaches from ``README.md`` or ``docs/index.md``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

PAGES = ("*.md", "docs/**/*.md", "packages/*/*.md", "benchmarks/*.md", "deploy/*.md")
DOORS = ("README.md", "docs/index.md")

FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2[ \t]*$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^\s)>]+)>?[^)]*\)")
HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def main(root: Path) -> int:
    """Print every problem of the pages under ``root``; the exit status."""
    pages = {page for pattern in PAGES for page in root.glob(pattern)}
    problems = [p for page in sorted(pages) for p in broken_links(page, root)]
    problems += [
        f"{page.relative_to(root)}: no link leads here; add one to docs/index.md"
        for page in sorted(pages - reached(root))
        if page.is_relative_to(root / "docs")
    ]
    print("\n".join(problems) or f"Docs: every link of {len(pages)} pages holds.")
    return 1 if problems else 0


def broken_links(page: Path, root: Path) -> Iterator[str]:
    """The links of ``page`` that lead to no file, or to no heading of one."""
    for target, anchor in links(page):
        here = f"{page.relative_to(root)}: the link to {target or page.name}"
        goal = destination(page, target)
        if not goal.is_relative_to(root):
            yield f"{here} leaves the project; link inside it"
        elif not goal.exists():
            yield f"{here} leads to no file; correct the path"
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
            yield f"{here}#{anchor} leads to no heading; correct the anchor"


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The relative links of ``page``: path (empty for the page itself), anchor."""
    for found in LINK.findall(CODE.sub("", FENCE.sub("", page.read_text("utf-8")))):
        if not ELSEWHERE.match(found):
            target, _, anchor = found.partition("#")
            yield target, anchor


def destination(page: Path, target: str) -> Path:
    """The file or folder that ``target``, written in ``page``, means."""
    return (page.parent / target).resolve() if target else page


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    plain = (re.sub(r"[^\w\- ]", "", heading).strip().lower() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def reached(root: Path) -> set[Path]:
    """The pages that a reader gets to by following links from the doors."""
    waiting = [root / door for door in DOORS if (root / door).exists()]
    seen: set[Path] = set()
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md" and page.is_file():
            seen.add(page)
            waiting += [destination(page, target) for target, _ in links(page)]
    return seen


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
