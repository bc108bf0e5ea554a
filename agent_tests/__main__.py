# SPDX-License-Identifier: Apache-2.0
"""Installs the real agents and runs the stories where the only network is loopback.

Where that cannot be done it says so and ends well: nothing was tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
AGENTS = Path(os.environ.get("AGENTS") or HERE.parent / ".agents").absolute()
PACKAGES = (
    *("@anthropic-ai/claude-code@2.1.332", "@openai/codex@0.171.0"),
    *("opencode-ai@1.18.33", "@google/gemini-cli@0.61.0"),
)
COMMANDS = ("claude", "codex", "opencode", "gemini")
UP = 'ip link set lo up && exec "$@"'
APART = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"])


def main(arguments: list[str]) -> int:
    """Run the stories; 0 also where they could not be run."""
    missing = without_agents() or without_loopback()
    if missing:
        print(f"test-agents did NOT run: {missing}")
        return 0
    pytest = [sys.executable, "-m", "pytest", str(HERE), *arguments]
    command = [*apart(), "sh", "-c", UP, "sh", *pytest]
    environment = {**os.environ, "AGENTS": str(AGENTS)}
    return subprocess.run(command, env=environment, check=False).returncode


def without_agents() -> str:
    """Why the agents are not there; nothing when they are."""
    clients = [AGENTS / "node_modules" / ".bin" / one for one in COMMANDS]
    if not all(one.exists() for one in clients):
        npm = shutil.which("npm")
        if npm is None:
            return "npm is not there, which installs the agents"
        command = [npm, "install", "--no-audit", "--prefix", str(AGENTS), *PACKAGES]
        if subprocess.run(command, check=False).returncode:
            return "npm could not install the agents"
    # npm asks before it runs what completes the client.
    completes = AGENTS / "node_modules/@anthropic-ai/claude-code/install.cjs"
    node = shutil.which("node") or "node"
    subprocess.run([node, str(completes)], check=False, capture_output=True)
    for one in clients:
        if subprocess.run([str(one), "--version"], check=False).returncode:
            return f"{one.name} does not start here"
    return ""


def without_loopback() -> str:
    """Why no network of its own can be had; nothing when it can."""
    return "" if apart() else "this user may make no network namespace (unshare)"


def apart() -> list[str]:
    """The command before a command that gives it a network of its own."""
    for command in APART:
        try:
            tried = [*command, "sh", "-c", UP, "sh", "true"]
            if not subprocess.run(tried, check=False, capture_output=True).returncode:
                return command
        except OSError:
            return []
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
