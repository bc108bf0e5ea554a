# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host; the runtime waits its turn."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.plugins import Adapter, Wiring, hookimpl
from claude_mem_core.ports.embedder import Embedder

from claude_mem_embedder_onnx.settings import OnnxSettings, model_of


@hookimpl
def claude_mem_embedders() -> Iterable[Adapter[Embedder]]:
    """Offer a sentence model in this process."""
    return [Adapter("onnx", OnnxSettings, _open)]


def _open(settings: OnnxSettings, _: Wiring) -> Embedder:
    named = model_of(settings)
    from claude_mem_embedder_onnx.opening import open_embedder

    return open_embedder(named, settings)
