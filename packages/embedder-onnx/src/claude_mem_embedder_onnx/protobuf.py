# SPDX-License-Identifier: Apache-2.0
"""As much of ONNX's file format as a graph of our own needs, and no more.

Numbers of fields are those of `onnx.proto3`. Writing them here saves the package
`onnx` at run time, whose checks the runtime does again when it loads the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

OPSET = 20
IR_VERSION = 9
_FLOAT, _INT64 = 1, 7
_TYPES: Mapping[str, int] = {
    "float32": _FLOAT,
    "uint8": 2,
    "int8": 3,
    "int32": 6,
    "int64": _INT64,
}


def model(graph: bytes, producer: str) -> bytes:
    """A whole model of one graph."""
    opset = _text(1, "") + _number(2, OPSET)
    return (
        _number(1, IR_VERSION)
        + _text(2, producer)
        + _bytes(7, graph)
        + _bytes(8, opset)
    )


def graph(
    nodes: Iterable[bytes],
    constants: Mapping[str, Array],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
) -> bytes:
    """A graph of nodes, in the order in which they can be computed."""
    parts = [
        *(_bytes(1, node) for node in nodes),
        _text(2, "graph"),
        *(_bytes(5, _tensor(name, array)) for name, array in constants.items()),
        *(_bytes(11, one) for one in inputs),
        *(_bytes(12, one) for one in outputs),
    ]
    return b"".join(parts)


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: object
) -> bytes:
    """One operation of the standard set."""
    parts = [
        *(_text(1, name) for name in inputs),
        *(_text(2, name) for name in outputs),
        _text(4, kind),
        *(_bytes(5, _attribute(name, value)) for name, value in attributes.items()),
    ]
    return b"".join(parts)


def floats(name: str, *shape: int | str) -> bytes:
    """An input or output of 32-bit floats; a side of the shape may have a name."""
    return _place(name, _FLOAT, shape)


def integers(name: str, *shape: int | str) -> bytes:
    """An input or output of 64-bit integers."""
    return _place(name, _INT64, shape)


def _place(name: str, kind: int, shape: Iterable[int | str]) -> bytes:
    sides = b"".join(
        _bytes(1, _text(2, side) if isinstance(side, str) else _number(1, side))
        for side in shape
    )
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, sides)))


def _tensor(name: str, array: Array) -> bytes:
    parts = [
        *(_number(1, side) for side in array.shape),
        _number(2, _TYPES[array.dtype.name]),
        _text(8, name),
        _bytes(9, np.ascontiguousarray(array).tobytes()),
    ]
    return b"".join(parts)


def _attribute(name: str, value: object) -> bytes:
    start = _text(1, name)
    if isinstance(value, float):
        data = np.float32(value).tobytes()
        return start + b"\x15" + data + _number(20, 1)
    if isinstance(value, int):
        return start + _number(3, value) + _number(20, 2)
    if isinstance(value, Sequence):
        return start + b"".join(_number(8, int(one)) for one in value) + _number(20, 7)
    raise TypeError(name)


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number & (1 << 64) - 1)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)
