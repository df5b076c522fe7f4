"""The plan: a graph pruned to the wanted outputs, lowered to one native program."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import TENSOR_DTYPES, Array
from scorebundle.bundle.graph import Graph, Output
from scorebundle.bundle.types import LABELS

from .assembler import Assembler, Port, program
from .kernels.codes import CONSTANT
from .library import Library
from .lowering import LOWERINGS

ALIGNMENT: Final = 64


class Slot:
    """One value of an output: where it goes in the result.

    Attributes:
        output: index of the output in the plan.
        dtype, width: of the array the kernels fill.
    """

    __slots__ = ("dtype", "output", "width")

    def __init__(self, output: int, dtype: Any, width: int) -> None:
        self.output, self.dtype, self.width = output, dtype, width


class Plan:
    """A program and what is needed to run it; immutable and shared by threads.

    Attributes:
        outputs: the graph outputs it computes, in order.
        ports: the input ports to be filled, in order.
        slots: the arrays it fills, one per value of each output.
    """

    def __init__(
        self, graph: Graph, outputs: Sequence[str], library: Library, packed: dict[Any, Array]
    ) -> None:
        nodes = graph.needed(outputs)
        to = Assembler(graph, nodes, packed)
        for node in nodes:
            LOWERINGS[type(node.op)](node.op, node, to)
        self.outputs: tuple[Output, ...] = tuple(graph.output(name) for name in outputs)
        self.slots: list[Slot] = []
        for index, output in enumerate(self.outputs):
            for name in output.values:
                kind = graph.types[name]
                dtype = "int64" if kind.dtype == LABELS else kind.dtype
                place = to.column(name)
                assert place.kind != CONSTANT
                itemsize = TENSOR_DTYPES[dtype].itemsize
                to.step("scatter", place.reference, itemsize, kind.width, len(self.slots))
                self.slots.append(Slot(index, TENSOR_DTYPES[dtype], kind.width))
        self.ports: tuple[Port, ...] = tuple(to.ports)
        self.block, self.work_bytes = to.block, to.work_bytes
        self._arrays = to.arrays  # the program holds their addresses
        self._program = program(to.steps, library.address)
        self.execute = library.execute
        self._address = _address(self._program)
        self._pool: list[Workspace] = []

    def run(self, ports: Array, rows: int, threads: int = 1) -> tuple[list[Array], Array]:
        """Run the program.

        Args:
            ports: int64 (ports, 2): address and row stride in bytes of each port.
            rows: number of rows behind every port.
            threads: threads that share the rows.

        Returns:
            The slots' arrays, (rows, width) each, and the status of each row: 0, or 1 + the
            index of the graph node that refused it.
        """
        results = [np.empty((rows, slot.width), slot.dtype) for slot in self.slots]
        status = np.zeros(rows, np.int32)
        threads = max(1, min(threads, rows // self.block))
        if threads == 1:
            self._span(ports, results, status, 0, rows)
            return results, status
        edges = [rows * part // threads for part in range(threads + 1)]
        spans = pairwise(edges)
        workers = [
            threading.Thread(target=self._span, args=(ports, results, status, *span))
            for span in spans
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return results, status

    def _span(
        self, ports: Array, results: list[Array], status: Array, first: int, last: int
    ) -> None:
        if last <= first:
            return
        moved = ports.copy()
        moved[:, 0] += first * moved[:, 1]
        outputs = np.array(
            [[_address(a) + first * a.strides[0], a.strides[0]] for a in results], np.int64
        )
        frame = np.array(
            [_address(moved), _address(outputs), _address(status) + 4 * first], np.int64
        )
        workspace = self.workspace()
        call = self.call(workspace, frame, last - first)
        try:
            self.execute(_address(call))
        finally:
            self._pool.append(workspace)

    def call(self, workspace: Workspace, frame: Array, rows: int) -> Array:
        """The words that `execute` takes the address of."""
        words = [self._address, workspace.address, _address(frame), rows, self.block]
        return np.array(words, np.int64)

    def workspace(self) -> Workspace:
        """A workspace nobody else uses; give it back to the pool by appending it."""
        try:
            return self._pool.pop()
        except IndexError:
            return Workspace(self.work_bytes)


class Workspace:
    """Aligned scratch memory of one running program."""

    __slots__ = ("_buffer", "address")

    def __init__(self, size: int) -> None:
        self._buffer = np.empty(size + ALIGNMENT, np.uint8)
        start = _address(self._buffer)
        self.address = start + -start % ALIGNMENT


class OneRow:
    """Buffers for scoring one row at a time: inputs, outputs and status at fixed addresses.

    Attributes:
        floats64, floats32, integers: where the row's numbers go, by the port's dtype, in the
            order of the plan's ports.
        results: the slots' arrays, (1, width), or (1,) of a vector; copy what leaves.
        status: as of `Plan.run`; reset it before a call.
        call: address for `Plan.execute`.
    """

    __slots__ = ("_keep", "call", "floats32", "floats64", "integers", "results", "status")

    def __init__(self, plan: Plan) -> None:
        kinds = [port.dtype for port in plan.ports]
        self.floats64 = np.zeros(kinds.count("float64"), np.float64)
        self.floats32 = np.zeros(kinds.count("float32"), np.float32)
        self.integers = np.zeros(kinds.count("int64"), np.int64)
        buffers: dict[str, Array] = {
            "float64": self.floats64,
            "float32": self.floats32,
            "int64": self.integers,
        }
        seen = dict.fromkeys(buffers, 0)
        ports = np.zeros((max(1, len(kinds)), 2), np.int64)
        for row, kind in enumerate(kinds):
            ports[row, 0] = _address(buffers[kind]) + seen[kind] * buffers[kind].itemsize
            seen[kind] += 1
        self.results = [
            np.zeros(
                1 if plan.outputs[slot.output].shape == "vector" else (1, slot.width), slot.dtype
            )
            for slot in plan.slots
        ]
        outputs = np.array([[_address(a), 0] for a in self.results], np.int64)
        self.status = ctypes.c_int32(0)
        frame = np.array(
            [_address(ports), _address(outputs), ctypes.addressof(self.status)], np.int64
        )
        workspace = Workspace(plan.work_bytes)
        call = plan.call(workspace, frame, 1)
        self._keep = ports, outputs, frame, workspace, call
        self.call = _address(call)


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])
