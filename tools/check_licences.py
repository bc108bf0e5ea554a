# SPDX-License-Identifier: Apache-2.0
"""The licence gate: everything here is Apache-2.0 and may be shipped as such.

``python tools/check_licences.py [ROOT]`` prints one line for each problem, with the
file at fault and its cure, and ends with 1 when there was any. It reads the manifests
under ``packages/``, the installed distributions that they need at run time, and the
files that git tracks or would track.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

OURS = "Apache-2.0"
SPDX = f"SPDX-License-Identifier: {OURS}"
HEADER_LINES = 3

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Public Domain",
        "Unlicense",
        "ZPL-2.1",
        "Zlib",
    }
)

# What distributions write in the free field ``License``, or in a classifier.
SPELLINGS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "zlib/libpng license": "Zlib",
    "zope public license": "ZPL-2.1",
    "zpl 2.1": "ZPL-2.1",
}

# (distribution, its licence) -> why it may be needed at run time all the same.
EXCEPTIONS = {
    ("hypothesis", "MPL-2.0"): (
        "only the contract kit needs it, to test adapters; it is installed beside us "
        "and unchanged, and the MPL asks something of changed files only"
    ),
    ("numpy", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0"): (
        "each part is permissive; CC0 gives some of it to everybody"
    ),
    ("protobuf", "3-Clause BSD License"): "that is BSD-3-Clause by another name",
    ("tqdm", "MPL-2.0 AND MIT"): (
        "the tokenizers of an optional embedder bring it along; it is installed beside "
        "us and unchanged, and the MPL asks something of changed files only"
    ),
}

SOURCES = (
    *("*.py", "*.pyi", "*.sh", "*.toml", "*.yaml", "*.yml", "*.sql", "*.js", "*.css"),
    *("*.html", "*.mk", "*.cfg", "*.ini", ".ci/run"),
    *("Makefile", "*/Makefile", "Dockerfile*", "*/Dockerfile*"),
)

# Words that claim what we do not claim, and the pages that may say so.
CLAIMS = re.compile(
    r"\b(AGPL\w*|trademarks?|official(?:ly)?|endorse(?:s|d|ment)?)\b", re.IGNORECASE
)
DENIALS = (
    *("LICENSE", "NOTICE", "packages/*/LICENSE", "packages/*/NOTICE"),
    *("docs/explanation/license.md", "docs/explanation/ip-boundary.md"),
    *("tools/check_licences.py", "tests/architecture/test_licence_gate.py"),
)


def main(root: Path) -> int:
    """Print every problem under ``root``; the exit status."""
    problems = [
        *manifest_problems(root),
        *dependency_problems(root),
        *header_problems(root),
        *wording_problems(root),
    ]
    print("\n".join(problems) or "Licences: everything can ship under Apache-2.0.")
    return 1 if problems else 0


# --- manifests -----------------------------------------------------------------


def manifests(root: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    """Each package's manifest, with its ``[project]`` table."""
    for path in sorted(root.glob("packages/*/pyproject.toml")):
        yield path, tomllib.loads(path.read_text("utf-8")).get("project", {})


def manifest_problems(root: Path) -> Iterator[str]:
    """The manifests that do not say Apache-2.0."""
    for path, project in manifests(root):
        if project.get("license") != OURS:
            yield (
                f"{path.relative_to(root)}: license is {project.get('license')!r}; "
                f'write license = "{OURS}" under [project]'
            )


# --- what is needed at run time ------------------------------------------------


def dependency_problems(root: Path) -> Iterator[str]:
    """The distributions needed at run time that Apache-2.0 cannot ship with."""
    for name, asker in sorted(runtime_tree(root).items()):
        try:
            licence = licence_of(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            yield f"{asker}: needs {name}, which is not installed; run make clean test"
            continue
        if not permitted(name, licence):
            yield (
                f"{asker}: needs {name}, whose licence is {licence}; do without it, "
                "or give the reason in EXCEPTIONS of tools/check_licences.py"
            )


def runtime_tree(root: Path) -> dict[str, str]:
    """Every distribution our packages bring along -> who asked for it first."""
    tree: dict[str, str] = {}
    waiting = [
        (requirement, str(path.relative_to(root)))
        for path, project in manifests(root)
        for requirement in as_strings(project.get("dependencies"))
    ]
    ours = {normal(str(project.get("name"))) for _, project in manifests(root)}
    while waiting:
        requirement, asker = waiting.pop(0)
        name = needed(requirement)
        if name and name not in tree and name not in ours:
            tree[name] = asker
            waiting += [(further, name) for further in requirements_of(name)]
    return tree


def needed(requirement: str) -> str | None:
    """The name in ``requirement``, or None where it does not apply here."""
    head, _, marker = requirement.partition(";")
    name = normal(re.split(r"[\s\[<>=!~(@]", head.strip(), maxsplit=1)[0])
    if "extra" in marker:
        return None
    # A marker names a platform or a version: what is absent here is not for here.
    return name if not marker or is_installed(name) else None


def requirements_of(name: str) -> list[str]:
    """What the installed distribution ``name`` asks for; nothing when absent."""
    return (metadata.requires(name) or []) if is_installed(name) else []


def is_installed(name: str) -> bool:
    """Whether this interpreter has the distribution ``name``."""
    return next(iter(metadata.distributions(name=name)), None) is not None


def normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def as_strings(value: object) -> list[str]:
    """The strings of a TOML array."""
    return [str(item) for item in value] if isinstance(value, list) else []


# --- licences ------------------------------------------------------------------


def licence_of(said: metadata.PackageMetadata) -> str:
    """The licence a distribution states: expression, else field, else classifiers."""
    if expression := said.get_all("License-Expression"):
        return str(expression[0])
    field = "\n".join(said.get_all("License") or []).strip()
    if field and "\n" not in field:
        return SPELLINGS.get(field.lower(), field)
    names = [
        line.rpartition(" :: ")[2]
        for line in said.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    named = sorted({SPELLINGS.get(name.lower(), name) for name in names})
    return " AND ".join(named) or "not stated"


def permitted(name: str, licence: str) -> bool:
    """Whether ``licence`` is compatible, or ``name`` a reasoned exception."""
    return (name, licence) in EXCEPTIONS or any(
        all(part.strip() in ALLOWED for part in choice.split(" AND "))
        for choice in licence.split(" OR ")
    )


# --- files ---------------------------------------------------------------------


def files(root: Path) -> Iterator[tuple[str, str]]:
    """The text files git tracks or would track: their path and their text."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, check=True, capture_output=True).stdout
    for name in sorted(set(filter(None, names.decode().split("\0")))):
        try:
            yield name, (root / name).read_text("utf-8")
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            continue  # deleted but still listed, or not text


def header_problems(root: Path) -> Iterator[str]:
    """The source files that do not name their licence in their first lines."""
    for name, text in files(root):
        top = "\n".join(text.splitlines()[:HEADER_LINES])
        if matches(name, SOURCES) and SPDX not in top:
            yield f"{name}: no licence header; put '{SPDX}' in a comment at its top"


def wording_problems(root: Path) -> Iterator[str]:
    """The lines that claim, or deny, what only the pages of denial may mention."""
    for name, text in files(root):
        if matches(name, DENIALS):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if found := CLAIMS.search(line):
                yield (
                    f"{name}:{number}: says {found.group()!r}; find another word, "
                    "or link to docs/explanation/ip-boundary.md"
                )


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the path ``name`` fits one of the patterns."""
    return any(fnmatch(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
