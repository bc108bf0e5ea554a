# SPDX-License-Identifier: Apache-2.0
"""Installs the protocol's conformance suite and inspector, and runs them on our server.

Where that cannot be done it says so and ends well: nothing was tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from suites import CONFORMANCE, INSPECTOR, NODE_BIN, TOOLS

NODE = "node@22.23.3"
"""Where the machine's own is older: both ask for 22."""

ENOUGH = 22
PACKAGES = (
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "@modelcontextprotocol/inspector@2.12.0",
)
"""The first conformance suite that knows 2026-07-28 is a pre-release."""


def main(arguments: list[str]) -> int:
    """Run the suites; 0 also where they could not be run."""
    missing = without_node() or without_clients()
    if missing:
        print(f"test-mcp did NOT run: {missing}")
        return 0
    environment = {**with_node(), "MCP_TOOLS": str(TOOLS)}
    pytest = [sys.executable, "-m", "pytest", str(Path(__file__).parent), *arguments]
    return subprocess.run(pytest, env=environment, check=False).returncode


def with_node() -> dict[str, str]:
    """The environment in which `node` is one that is new enough."""
    return {**os.environ, "PATH": f"{NODE_BIN}:{os.environ['PATH']}"}


def without_node() -> str:
    """Why there is no Node that is new enough; nothing when there is."""
    if shutil.which("npm") is None:
        return "npm is not there, which installs the suites"
    if version() < ENOUGH and not installed(NODE):
        return f"npm could not install {NODE}"
    return "" if version() >= ENOUGH else f"Node {ENOUGH} does not start here"


def version() -> int:
    """The major version of Node; 0 where there is none."""
    try:
        asked = ["node", "--version"]
        told = subprocess.run(
            asked, env=with_node(), capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    return int(told.stdout.strip().lstrip("v").partition(".")[0] or 0)


def without_clients() -> str:
    """Why the suites are not there; nothing when they are."""
    if CONFORMANCE.exists() and INSPECTOR.exists():
        return ""
    # What their scripts would do is make the parts that nothing here uses.
    if not installed("--ignore-scripts", NODE, *PACKAGES):
        return "npm could not install the suites"
    missing = [one for one in (CONFORMANCE, INSPECTOR) if not one.exists()]
    return f"what was installed has no {missing[0].name}" if missing else ""


def installed(*what: str) -> bool:
    """Whether npm installs these packages."""
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(TOOLS)]
    return not subprocess.run(
        [*command, *what], env=with_node(), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
