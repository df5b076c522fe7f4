"""Typed loads and stores at plain addresses, and calls through them: what kernels are made of.

Kernels see memory as int64 addresses. Nothing here allocates, counts references or raises,
so that the machine code stands alone: it needs libm and nothing of Python or numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

OPTIONS: Final = {"error_model": "numpy", "no_rewrites": True}
"""How numba compiles: x / 0 raises nothing, and there are no array expressions to rewrite."""

Kernel = Callable[[int, int, int, int, int], int]
"""(args, work, frame, start, n): see `registry`."""

Function = TypeVar("Function", bound=Callable[..., Any])


def inline(function: Function) -> Function:
    """Compile a function that kernels call; LLVM inlines it."""
    compiled = njit(**OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return cast(Function, compiled)


def _load(kind: Any, align: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def load(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = builder.inttoptr(args[0], context.get_value_type(kind).as_pointer())
            return builder.load(pointer, align=align)

        return kind(types.int64), generate

    return load


def _store(kind: Any, align: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def store(typing: Any, address: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = builder.inttoptr(args[0], context.get_value_type(kind).as_pointer())
            builder.store(args[1], pointer, align=align)
            return context.get_constant(types.int64, 0)

        return types.int64(types.int64, kind), generate

    return store


load_f4, store_f4 = _load(types.float32, 4), _store(types.float32, 4)
load_f8, store_f8 = _load(types.float64, 8), _store(types.float64, 8)
load_i8, store_i8 = _load(types.int64, 8), _store(types.int64, 8)
load_i4, store_i4 = _load(types.int32, 4), _store(types.int32, 4)
load_u4 = _load(types.uint32, 4)
load_u1, store_u1 = _load(types.uint8, 1), _store(types.uint8, 1)
load_u2 = _load(types.uint16, 2)
unaligned_u4 = _load(types.uint32, 1)
unaligned_i8 = _load(types.int64, 1)
unaligned_f4, unaligned_f8 = _load(types.float32, 1), _load(types.float64, 1)
store_u4 = _store(types.uint32, 4)


def _item(kind: Any) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def item(typing: Any, base: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.load(_nth(context, builder, kind, args), align=8)

        return kind(types.int64, types.int64), generate

    return item


def _set_item(kind: Any) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def set_item(typing: Any, base: Any, index: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.store(args[2], _nth(context, builder, kind, args), align=8)
            return context.get_constant(types.int64, 0)

        return types.int64(types.int64, types.int64, kind), generate

    return set_item


def _nth(context: Any, builder: Any, kind: Any, args: Any) -> Any:
    offset = builder.mul(args[1], context.get_constant(types.int64, 8))
    pointer = context.get_value_type(kind).as_pointer()
    return builder.inttoptr(builder.add(args[0], offset), pointer)


item_f8, set_f8 = _item(types.float64), _set_item(types.float64)
item_i8, set_i8 = _item(types.int64), _set_item(types.int64)
"""The n-th number from an address on: one step for numba, where the sum that makes the address, and
a load from there, are three. Half of a build is spent on such steps."""


@intrinsic  # type: ignore[untyped-decorator]
def bits_of_f4(typing: Any, number: Any) -> Any:
    """The bits of a float32."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic  # type: ignore[untyped-decorator]
def call_kernel(
    typing: Any, kernel: Any, args: Any, work: Any, frame: Any, start: Any, n: Any
) -> Any:
    """Call the kernel at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        function = ir.FunctionType(word, [word] * 5)
        return builder.call(builder.inttoptr(values[0], function.as_pointer()), values[1:])

    return types.int64(*[types.int64] * 6), generate


@intrinsic  # type: ignore[untyped-decorator]
def call_object(typing: Any, function: Any, a: Any, b: Any) -> Any:
    """Call a C function of up to two addresses that gives an address, or nothing."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(word, [word] * 2)
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])

    return types.int64(*[types.int64] * 3), generate


@intrinsic  # type: ignore[untyped-decorator]
def call_double(typing: Any, function: Any, a: Any) -> Any:
    """Call a C function of an address that gives a double."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.DoubleType(), [ir.IntType(64)])
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])

    return types.float64(*[types.int64] * 2), generate


def libm(name: str, kind: Any) -> Any:
    """The C library's function of one or more numbers; float32 takes its `f` form."""
    suffix = "f" if kind == types.float32 else ""
    arguments = 2 if name in ("pow", "fmod") else 1
    return types.ExternalFunction(name + suffix, kind(*[kind] * arguments))


@inline
def value(args: int, work: int, n: int) -> int:
    """Address of a value reference (kind, base, bytes of the columns before it per row)."""
    base: int = load_i8(args + 8)
    if load_i8(args) == 1:
        return base
    before: int = load_i8(args + 16)
    return work + base + before * n
