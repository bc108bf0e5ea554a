# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host; drivers are imported on opening."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.plugins import Adapter, Wiring, hookimpl
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.settings import Settings
from pydantic import AfterValidator, ConfigDict, Field, SecretStr

if TYPE_CHECKING:
    from claude_mem_queue_rq.addresses import Address

SCHEMES = ("redis", "rediss", "unix")


def _url(given: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(given.get_secret_value())
        parts.port  # noqa: B018 - it raises for what is no port
    except ValueError:
        # What urllib says may repeat a part of the URL, and a password is one.
        raise ValueError("it cannot be read as a URL") from None
    if parts.scheme not in SCHEMES:
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    return given


class RqSettings(Settings):
    """Where Redis or Valkey is, and who starts it.

    Attributes:
        redis_url: Wins over host and port; a password can be given here only.
        redis_host: 127.0.0.1 if it is not given, `valkey` in the mode `docker`.
        redis_mode: `external` is somebody's server, `docker` the one of our compose
            file, `managed` one that lives and ends with our processes.
        queue_redis_prefix: What each key in Redis begins with.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    redis_url: Annotated[SecretStr, AfterValidator(_url)] | None = None
    redis_host: str | None = None
    redis_port: int = Field(default=6379, ge=1, le=65535)
    redis_mode: Literal["external", "docker", "managed"] = "external"
    queue_redis_prefix: str = Field(
        default="claude-mem", max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$"
    )

    @property
    def host(self) -> str:
        """The host that is meant."""
        usual = "valkey" if self.redis_mode == "docker" else "127.0.0.1"
        return self.redis_host or usual


@hookimpl
def claude_mem_queues() -> Iterable[Adapter[ObservationQueueEngine]]:
    """Offer RQ."""
    return [Adapter("rq", RqSettings, _open)]


@hookimpl
def claude_mem_rate_limiters() -> Iterable[Adapter[RateLimiter]]:
    """Offer buckets in Redis."""
    return [Adapter("redis", RqSettings, _open_limiter)]


def _open(settings: RqSettings, wiring: Wiring) -> ObservationQueueEngine:
    from claude_mem_queue_rq.prefix import import_rq

    import_rq(settings.queue_redis_prefix)
    from claude_mem_queue_rq.queue import RqQueueEngine

    if settings.redis_mode == "managed":
        return _managed(settings, wiring)
    return RqQueueEngine(wiring.stored(), wiring.system, _address(settings))


def _open_limiter(settings: RqSettings, wiring: Wiring) -> RateLimiter:
    from claude_mem_queue_rq.limits import RedisRateLimiter
    from claude_mem_queue_rq.managed import ManagedServer

    is_managed = settings.redis_mode == "managed"
    address = (
        ManagedServer.of(wiring.folder).address if is_managed else _address(settings)
    )
    return RedisRateLimiter(address, settings.queue_redis_prefix)


def _address(settings: RqSettings) -> Address:
    from claude_mem_queue_rq.addresses import Address

    mode = settings.redis_mode
    if settings.redis_url is not None:
        return Address(settings.redis_url.get_secret_value(), mode)
    return Address.at(settings.host, settings.redis_port, mode=mode)


def _managed(settings: RqSettings, wiring: Wiring) -> ObservationQueueEngine:
    from claude_mem_queue_rq.managed import ManagedServer
    from claude_mem_queue_rq.queue import RqQueueEngine

    if settings.redis_url is not None:
        raise ConfigurationError(
            "CLAUDE_MEM_REDIS_URL: CLAUDE_MEM_REDIS_MODE=managed starts a server of "
            "its own; unset one of the two"
        )
    storage, server = wiring.stored(), ManagedServer.of(wiring.folder)
    return RqQueueEngine(storage, wiring.system, server.address, server=server)
