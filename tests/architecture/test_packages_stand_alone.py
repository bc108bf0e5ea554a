# SPDX-License-Identifier: Apache-2.0
"""Only what is needed has to be installed: each set of packages works by itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def installed(folder: Path, *packages: str) -> Path:
    """The Python of a fresh environment that holds these packages alone."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    install = [uv or "", "pip", "install", "--quiet", "--python", str(python)]
    if uv is None:
        install = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "-q",
        ]
    paths = [str(ROOT / "packages" / name) for name in packages]
    subprocess.run([*install, "-c", str(ROOT / "constraints.txt"), *paths], check=True)
    return python


def run(python: Path, code: str, folder: Path) -> str:
    """What a program printed that ran in `folder` with nothing from outside."""
    env = {"HOME": str(folder), "PATH": os.defpath}
    done = subprocess.run(
        [python, "-W", "error", "-c", code],
        check=False, capture_output=True, text=True, cwd=folder, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def snippet() -> str:
    """The embedding example of the README."""
    return FENCE.findall((ROOT / "README.md").read_text("utf-8"))[0]


@pytest.fixture(scope="module")
def core_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("core"), "core")


def test_the_readmes_example_has_ten_lines() -> None:
    lines = [line for line in snippet().splitlines() if line.strip()]

    assert len(lines) == 10


def test_the_core_alone_embeds_with_the_readmes_example(
    core_alone: Path, tmp_path: Path
) -> None:
    printed = run(core_alone, snippet(), tmp_path)

    assert "lamp test" in printed
    assert list(tmp_path.iterdir()) == []


def test_the_core_alone_brings_no_adapter_and_no_driver(core_alone: Path) -> None:
    code = (
        "from importlib.metadata import distributions;"
        "print(*sorted(one.name for one in distributions()))"
    )

    names = set(run(core_alone, code, core_alone.parent).split())

    assert names == {
        "annotated-types", "claude-mem-core", "pluggy", "pydantic", "pydantic_core",
        "typing-inspection", "typing_extensions",
    }  # fmt: skip


def test_with_sqlite_beside_it_the_same_example_keeps_what_it_learnt(
    tmp_path: Path,
) -> None:
    python = installed(tmp_path / "venv", "core", "storage-sqlite")
    stored = snippet().replace(
        "open_in_process()", 'open_runtime({"CLAUDE_MEM_DATA_DIR": "memory"})'
    )
    again = """
from claude_mem_core.api import *
me = Principal.local()
with open_runtime({"CLAUDE_MEM_DATA_DIR": "memory"}) as memory:
    (project,) = memory.projects.list(by=me)
    print(memory.context.pack(ContextQuery(project_id=project.id), by=me).context)
"""

    assert "lamp test" in run(python, stored, tmp_path)
    assert "lamp test" in run(python, again, tmp_path)


def test_the_tools_over_mcp_need_the_core_and_a_store_alone(tmp_path: Path) -> None:
    python = installed(tmp_path / "venv", "core", "storage-sqlite", "mcp-adapter")
    code = """
import subprocess, sys
hello = (
    '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {'
    '"protocolVersion": "2025-11-25", "capabilities": {},'
    '"clientInfo": {"name": "x", "version": "1"}}}'
)
kept = (
    '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {'
    '"name": "memory_add", "arguments": {"content": "The lamp test"}}}'
)
tools = subprocess.Popen(
    [sys.executable, "-m", "claude_mem_mcp_adapter"],
    stdin=-1, stdout=-1, text=True,
)
for line in (hello, kept):
    tools.stdin.write(line + chr(10))
    tools.stdin.flush()
    print(tools.stdout.readline())
tools.stdin.close()
print("ends with", tools.wait(30))
tools.stdout.close()
from importlib.util import find_spec
print([find_spec(one) for one in ("falcon", "rq", "redis", "claude_mem_cli")])
"""

    printed = run(python, code, tmp_path)

    assert "Kept as" in printed
    assert "ends with 0" in printed
    assert "[None, None, None, None]" in printed


def test_the_model_generators_need_the_core_and_an_http_client_alone(
    tmp_path: Path,
) -> None:
    python = installed(tmp_path / "venv", "core", "generator-llm")
    code = """
import sys
import claude_mem_generator_llm.plugin
assert "httpx2" not in sys.modules
from claude_mem_core.api import open_runtime
with open_runtime({
    "CLAUDE_MEM_DATA_DIR": "memory",
    "CLAUDE_MEM_STORAGE_ENGINE": "in-process",
    "CLAUDE_MEM_QUEUE_ENGINE": "in-process",
    "CLAUDE_MEM_SERVER_PROVIDER": "claude",
    "CLAUDE_MEM_ANTHROPIC_API_KEY": "a-key",
}) as memory:
    print(memory.status.generator, memory.status.provider().details["breaker"])
"""

    assert run(python, code, tmp_path) == "anthropic closed\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A server in an environment without redis, rq and mcp: its command, its env."""
    python = installed(
        tmp_path / "venv", "core", "storage-sqlite", "http-falcon", "cli"
    )
    command = python.with_name("claude-mem")
    env = {
        "HOME": str(tmp_path),
        "PATH": os.defpath,
        "CLAUDE_MEM_PORT": "0",
        "CLAUDE_MEM_DATA_DIR": str(tmp_path / "data"),
    }
    subprocess.run([command, "server", "start", "--daemon"], check=True, env=env)
    yield command, env
    subprocess.run([command, "server", "stop"], check=True, env=env)


def test_core_storage_http_and_cli_serve_without_redis_rq_and_mcp(
    server: tuple[Path, dict[str, str]],
) -> None:
    command, env = server
    absent = "import importlib.util as u; print([u.find_spec(n) for n in %r])"
    python = command.with_name("python")
    status = subprocess.run(
        [command, "server", "status", "--json"],
        check=True, capture_output=True, text=True, env=env,
    )  # fmt: skip

    assert '"queueDepth": 0' in status.stdout
    assert "[None, None, None]" in run(
        python, absent % (["redis", "rq", "mcp"],), command.parent
    )


def test_the_page_is_in_what_is_installed(
    server: tuple[Path, dict[str, str]],
) -> None:
    command, env = server
    told = subprocess.run(
        [command, "viewer", "--no-browser", "--json"],
        check=True, capture_output=True, text=True, env=env,
    )  # fmt: skip
    code = """
import json, re
from urllib.request import urlopen
url = json.loads(%r)["url"].partition("#")[0]
page = urlopen(url).read().decode()
for part in re.findall('"/(viewer/[^"]+)"', page):
    print(part, len(urlopen(url + part).read()) > 100)
"""

    printed = run(command.with_name("python"), code % told.stdout, command.parent)

    assert "viewer/app.js True" in printed
    assert "False" not in printed


def test_the_embedder_needs_its_runtime_only_when_it_is_opened(tmp_path: Path) -> None:
    python = installed(tmp_path / "venv", "core", "embedder-onnx")
    code = """
import sys
import claude_mem_embedder_onnx.plugin
assert not {"numpy", "onnxruntime", "tokenizers"} & sys.modules.keys()
from claude_mem_core.api import open_runtime
try:
    open_runtime({
        "CLAUDE_MEM_DATA_DIR": "memory",
        "CLAUDE_MEM_STORAGE_ENGINE": "in-process",
        "CLAUDE_MEM_QUEUE_ENGINE": "in-process",
        "CLAUDE_MEM_EMBEDDER": "onnx",
    })
except Exception as error:
    print(error)
"""

    assert "CLAUDE_MEM_EMBEDDER_MODEL is not set" in run(python, code, tmp_path)
