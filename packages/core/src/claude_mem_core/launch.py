# SPDX-License-Identifier: Apache-2.0
"""From names and settings to an open runtime: how a process starts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from claude_mem_core.domain.keys import SECRET_BYTES, ServerSecret
from claude_mem_core.domain.redaction.spans import Rule, Span, Text
from claude_mem_core.errors import ConfigurationError, StorageReadOnlyError
from claude_mem_core.front_end import FrontEnd, Mount, ToolServer
from claude_mem_core.plugins import Adapter, Plugins, T_co, Wiring
from claude_mem_core.ports.secrets import SecretDetector
from claude_mem_core.ports.storage import Storage
from claude_mem_core.reference import plugin as reference_plugin
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.services.audit_trail import AuditTrail
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.servings import Servings
from claude_mem_core.settings import CoreSettings
from claude_mem_core.system import RealSystem

TOKEN_FILE = "token"  # noqa: S105 - a file's name
ANSWERS = "answers"
"""The folder, in the data folder, of what the hook command was told last."""
SECRET_FILE = "secret"  # noqa: S105 - a file's name


def installed_plugins() -> Plugins:
    """The core's own adapters, and those of every installed distribution."""
    return Plugins.installed(reference_plugin)


def open_in_process() -> Runtime:
    """A runtime that keeps everything in this process and forgets it at its end."""
    system = RealSystem()
    storage = InProcessStorage(system)
    queue = InProcessQueueEngine(storage, system)
    return assemble(
        storage=storage, queue=queue, generator=RuleBasedGenerator(), system=system
    )


def open_runtime(env: Mapping[str, str], plugins: Plugins | None = None) -> Runtime:
    """The runtime that the settings in `env` describe, on installed adapters.

    What was opened is closed again when a later step fails.

    Raises:
        ConfigurationError: A setting is wrong, or names what is not installed.
        AdapterError: A named adapter cannot be reached.
    """
    plugins = plugins or installed_plugins()
    settings = CoreSettings.from_env(env)
    folder = own_folder(settings.folder)
    system = RealSystem()
    with ExitStack() as undo:
        wiring = Wiring(folder, system, _not_yet)
        storage = _opened(plugins.storage(settings.storage_engine), env, wiring)
        undo.callback(storage.close)
        wiring = Wiring(folder, system, lambda: storage)
        queue = _opened(plugins.queue(settings.queue_engine), env, wiring)
        undo.callback(queue.close)
        embedder = None
        if settings.embedder is not None:
            embedder = _opened(plugins.embedder(settings.embedder), env, wiring)
            undo.callback(embedder.close)
        limiter = None
        if settings.rate_limiter is not None:
            offered = plugins.rate_limiter(settings.rate_limiter)
            limiter = _opened(offered, env, wiring)
            undo.callback(limiter.close)
        runtime = assemble(
            storage=storage,
            queue=queue,
            generator=_opened(plugins.generator(settings.generator_name), env, wiring),
            embedder=embedder,
            system=system,
            agents=plugins.agents(),
            idle_turn=timedelta(minutes=settings.idle_turn_minutes),
            retention=settings.retention,
            audit_retention=settings.audit_retention,
            keeping=settings.keeping(map(_rule, plugins.secret_detectors())),
            generators=lambda name: _opened(plugins.generator(name), env, wiring),
            secret=server_secret(folder, settings.server_secret),
            limiter=limiter,
            paces=settings.paces,
            caps=settings.caps,
            prompt_confidence=settings.prompt_confidence,
            takes_back=partial(forget_answers, folder),
        )
        runtime.audit.make_ready()
        undo.pop_all()
    return runtime


@contextmanager
def open_audit(
    env: Mapping[str, str], plugins: Plugins | None = None
) -> Iterator[AuditTrail]:
    """The audit log of the store that `env` names, and nothing else of it.

    So it can be checked though a queue or a model cannot be reached.

    Raises:
        ConfigurationError: A setting is wrong, or names what is not installed.
        AdapterError: The storage cannot be reached.
    """
    plugins = plugins or installed_plugins()
    settings = CoreSettings.from_env(env)
    folder, system = own_folder(settings.folder), RealSystem()
    secret = server_secret(folder, settings.server_secret)
    wiring = Wiring(folder, system, _not_yet)
    storage = _opened(plugins.storage(settings.storage_engine), env, wiring)
    with closing(storage):
        audited = Audited(system, secret.audit_key)
        trail = AuditTrail(storage, audited, Servings(storage, audited))
        trail.make_ready()
        yield trail


def open_front_end(
    name: str, env: Mapping[str, str], plugins: Plugins | None = None
) -> FrontEnd:
    """The front end of this name, with its settings from `env`."""
    plugins = plugins or installed_plugins()
    folder = CoreSettings.from_env(env).folder

    def mounted(name: str, runtime: Runtime) -> Mount:
        return open_tool_server(name, env, plugins).mounted(runtime)

    wiring = Wiring(folder, RealSystem(), _not_yet, mounted)
    return _opened(plugins.front_end(name), env, wiring)


def open_tool_server(
    name: str, env: Mapping[str, str], plugins: Plugins | None = None
) -> ToolServer:
    """The server of tools of this name, with its settings from `env`."""
    plugins = plugins or installed_plugins()
    folder = CoreSettings.from_env(env).folder
    wiring = Wiring(folder, RealSystem(), _not_yet)
    return _opened(plugins.tool_server(name), env, wiring)


def forget_answers(folder: Path) -> None:
    """Nothing is left of what agents were told last, which a memory of it outlived."""
    for kept in (folder / ANSWERS).glob("*.json"):
        kept.unlink(missing_ok=True)


def own_folder(folder: Path) -> Path:
    """The data folder, made for its owner alone when there is none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"CLAUDE_MEM_DATA_DIR: {folder} cannot be made: {error.strerror}"
        raise ConfigurationError(message) from error
    return folder


def server_secret(folder: Path, given: str | None = None) -> ServerSecret:
    """What this server knows and its database does not, made at the first start.

    Args:
        folder: The data folder, which keeps it for its owner alone.
        given: The secret in hexadecimal, which no file keeps then.

    Raises:
        ConfigurationError: It is shorter than 32 bytes, or no hexadecimal.
    """
    path, where = folder / SECRET_FILE, "CLAUDE_MEM_SERVER_SECRET"
    if given is None:
        where, given = str(path), _kept_secret(path)
    try:
        root = bytes.fromhex(given)
    except ValueError:
        root = b""
    if len(root) < SECRET_BYTES:
        raise ConfigurationError(
            f"{where}: it is no secret of {SECRET_BYTES} bytes in hexadecimal; restore "
            "it from a backup, as the keys made with it count with no other"
        )
    return ServerSecret(root)


def _kept_secret(path: Path) -> str:
    """What the file says; of several processes that make it, the first one counts."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        if not path.exists():
            _write_private(draft, secrets.token_hex(SECRET_BYTES))
            with suppress(FileExistsError):
                # Unlike a rename it fails where another process was faster.
                path.hardlink_to(draft)
        _for_its_owner(path)
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"CLAUDE_MEM_DATA_DIR: {path} cannot be read or made: {error}"
        raise ConfigurationError(message) from error
    finally:
        draft.unlink(missing_ok=True)


def local_token(folder: Path) -> str | None:
    """The token of the server in this data folder, None when it has none yet.

    Raises:
        ConfigurationError: The file holds what can be no token.
    """
    path = folder / TOKEN_FILE
    try:
        token = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    if not (token.isascii() and token.isprintable()):
        message = f"{path} holds no token; delete it: the next start makes a new one"
        raise ConfigurationError(message)
    return token


def admit_local_token(runtime: Runtime, folder: Path) -> str:
    """This machine's token, made at the first start, readable by its owner alone."""
    path = folder / TOKEN_FILE
    token = local_token(folder) or _write_token(runtime, path)
    _for_its_owner(path)
    try:
        runtime.access.admit_local_token(token)
    except StorageReadOnlyError as error:
        message = f"the store does not know the key in {path} and cannot be told: "
        raise StorageReadOnlyError(f"{message}{error}") from error
    return token


def _write_token(runtime: Runtime, path: Path) -> str:
    token = runtime.access.new_local_token()
    # A new file under another name, then a rename: nobody ever reads half a token.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # One of a killed process that had our number, as the first of a container has.
    draft.unlink(missing_ok=True)
    _write_private(draft, token)
    draft.replace(path)
    return token


def _for_its_owner(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        # A copy of the folder, or a hand, gave it to others too.
        path.chmod(0o600)


def _write_private(path: Path, line: str) -> None:
    """A new file of one line, for its owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(line + "\n")


def _rule(detector: SecretDetector) -> Rule:
    """A detector as a rule of the redactor."""

    def find(text: Text) -> Iterator[Span]:
        for start, end in detector.find(text.text):
            yield Span(start, end, detector.name)

    return Rule(tuple(detector.words), find)


def _opened(adapter: Adapter[T_co], env: Mapping[str, str], wiring: Wiring) -> T_co:
    settings: Any = adapter.settings.from_env(env)
    return adapter.open(settings, wiring)


def _not_yet() -> Storage:
    raise ConfigurationError("an adapter asked for the storage before it was open")
