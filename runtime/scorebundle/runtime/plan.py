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

from .assembler import Assembler, Port, Prepared, program
from .kernels.codes import CONSTANT, DTYPE
from .library import Library
from .lowering import FUSIONS, LOWERINGS, PREFERENCES

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
        turn: from how many rows on a plan for many rows is faster.
        library: the kernels it calls.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[str],
        library: Library,
        prepared: Prepared,
        many: bool = False,
    ) -> None:
        nodes = graph.needed(outputs)
        to = Assembler(graph, nodes, prepared, many, FUSIONS)
        if many:
            for node in nodes:
                prefers = PREFERENCES.get(type(node.op))
                if prefers:
                    to.widen(prefers(node.op, graph.types[node.inputs[0]].dtype, to))
        for node in nodes:
            if node.output not in to.absorbed:
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
        self.turn = to.turn
        self._prepared = prepared  # the program holds addresses of its arrays
        self._program = program(to.steps, library.address)
        self.library = library
        self.execute = library.execute
        self.program_address = address_of(self._program)
        self._pool: list[Workspace] = []

    def run(self, ports: Array, rows: int, threads: int = 1) -> tuple[list[Array], Array]:
        """Run the program.

        Args:
            ports: int64 (ports, 3): of each port address, row stride in bytes, and dtype code.
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
        workspace = self.workspace()
        try:
            workspace.ports[: len(ports)] = ports
            workspace.ports[: len(ports), 0] += first * ports[:, 1]
            for slot, array in enumerate(results):
                stride = array.strides[0]
                workspace.outputs[slot] = address_of(array) + first * stride, stride
            workspace.frame[2] = address_of(status) + 4 * first
            workspace.call[3] = last - first
            self.execute(workspace.address)
        finally:
            self._pool.append(workspace)

    def workspace(self) -> Workspace:
        """A workspace nobody else uses; give it back to the pool by appending it."""
        try:
            return self._pool.pop()
        except IndexError:
            return Workspace(self)


class Workspace:
    """What one running program needs to itself: scratch memory, and the words of its call.

    Attributes:
        ports: (n, 3) address, row stride and dtype code of each.
        outputs: (n, 2) address and row stride of each.
        frame: addresses of ports, outputs and the rows' status.
        call: program, workspace, frame, rows, block.
        address: of `call`, for `Plan.execute`.
    """

    __slots__ = ("_buffer", "_words", "address", "call", "frame", "outputs", "ports")

    def __init__(self, plan: Plan) -> None:
        self._buffer = np.empty(plan.work_bytes + ALIGNMENT, np.uint8)
        start = address_of(self._buffer)
        ports, outputs = max(1, len(plan.ports)), len(plan.slots)
        words = np.zeros(3 * ports + 2 * outputs + 8, np.int64)
        edges = np.cumsum([0, 3 * ports, 2 * outputs, 3, 5]).tolist()
        parts = [words[a:b] for a, b in pairwise(edges)]
        addresses = [address_of(words) + 8 * edge for edge in edges]
        self._words = words
        self.ports, self.outputs = parts[0].reshape(-1, 3), parts[1].reshape(-1, 2)
        self.frame, self.call = parts[2], parts[3]
        self.frame[:2] = addresses[:2]
        self.call[:] = plan.program_address, start + -start % ALIGNMENT, addresses[2], 1, plan.block
        self.address = addresses[3]


class OneRow:
    """Buffers for scoring one row at a time: inputs, outputs and status at fixed addresses.

    Attributes:
        floats64, floats32, integers: where the row's numbers go, by the port's dtype, in the
            order of the plan's ports.
        results: the slots' arrays, (1, width), or (1,) of a vector; copy what leaves.
        status: as of `Plan.run`; reset it before a call.
        call: address for `Plan.execute`.
    """

    __slots__ = ("_workspace", "call", "floats32", "floats64", "integers", "results", "status")

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
        workspace = Workspace(plan)
        seen = dict.fromkeys(buffers, 0)
        for row, kind in enumerate(kinds):
            place = address_of(buffers[kind]) + seen[kind] * buffers[kind].itemsize
            workspace.ports[row] = place, 0, DTYPE[kind]
            seen[kind] += 1
        vectors = [plan.outputs[slot.output].shape == "vector" for slot in plan.slots]
        self.results = [
            np.zeros(1 if vector else (1, slot.width), slot.dtype)
            for slot, vector in zip(plan.slots, vectors, strict=True)
        ]
        for row, array in enumerate(self.results):
            workspace.outputs[row, 0] = address_of(array)
        self.status = ctypes.c_int32(0)
        workspace.frame[2] = ctypes.addressof(self.status)
        self._workspace = workspace
        self.call = workspace.address


def address_of(array: Array) -> int:
    """Address of an array's first number."""
    buffer: Any = array
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(buffer))  # ten times as fast, but
    except (TypeError, ValueError, BufferError):  # not for read-only, strided or empty arrays
        return int(array.__array_interface__["data"][0])
