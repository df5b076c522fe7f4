"""256 rows at once: one bit per row in a vector, and how numbers become such bits.

All but `add_picked` is plain LLVM vector operations: LLVM makes AVX-512, AVX2, SSE or NEON of
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

WORD = ir.IntType(64)
MASK_IR = ir.VectorType(WORD, 4)
LANES = ir.VectorType(ir.IntType(1), 32)


class Mask(types.Type):  # type: ignore[misc]
    """numba's type of one bit for each of 256 rows."""

    def __init__(self) -> None:
        super().__init__(name="mask256")


@register_model(Mask)
class MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    """A mask is a vector of four words."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, MASK_IR)


MASK = Mask()


@intrinsic  # type: ignore[untyped-decorator]
def load_mask(typing: Any, address: Any) -> Any:
    """The mask at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], MASK_IR.as_pointer()), align=8)

    return MASK(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def store_mask(typing: Any, address: Any, mask: Any) -> Any:
    """Store a mask at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], MASK_IR.as_pointer()), align=8)
        return context.get_constant(types.int64, 0)

    return types.int64(types.int64, MASK), generate


def _constant(word: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def constant(typing: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return ir.Constant(MASK_IR, [word] * 4)

        return MASK(), generate

    return constant


none_of, all_of = _constant(0), _constant(-1)


def _pairwise(operation: Callable[[Any, Any, Any], Any]) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def combine(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return operation(builder, args[0], args[1])

        return MASK(MASK, MASK), generate

    return combine


both = _pairwise(lambda builder, a, b: builder.and_(a, b))
either = _pairwise(lambda builder, a, b: builder.or_(a, b))
differ = _pairwise(lambda builder, a, b: builder.xor(a, b))


def _splat(builder: Any, scalar: Any, kind: Any) -> Any:
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), zeros)


def _lanes(builder: Any, address: Any, element: Any, count: int, align: int) -> Any:
    kind = ir.VectorType(element, count)
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=align)


def reached(kind: Any) -> Any:
    """How many of the 15 ascending cuts at an address a number reaches (the 16th is NaN)."""

    @intrinsic  # type: ignore[untyped-decorator]
    def count(typing: Any, cuts: Any, number: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            element = context.get_value_type(kind)
            vector = _lanes(builder, args[0], element, 16, 4)
            number = _splat(builder, args[1], vector.type)
            bits = builder.fcmp_ordered(">=", number, vector)
            return builder.zext(builder.ctpop(builder.bitcast(bits, ir.IntType(16))), WORD)

        return types.int64(types.int64, kind), generate

    return count


def at_least(kind: Any) -> Any:
    """32 bits: which of the 32 numbers at an address are ≥ a number."""

    @intrinsic  # type: ignore[untyped-decorator]
    def compare(typing: Any, numbers: Any, number: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            vector = _lanes(builder, args[0], context.get_value_type(kind), 32, 4)
            bits = builder.fcmp_ordered(">=", vector, _splat(builder, args[1], vector.type))
            return builder.bitcast(bits, ir.IntType(32))

        return types.uint32(types.int64, kind), generate

    return compare


def missing(kind: Any) -> Any:
    """32 bits: which of the 32 numbers at an address are NaN."""

    @intrinsic  # type: ignore[untyped-decorator]
    def compare(typing: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            vector = _lanes(builder, args[0], context.get_value_type(kind), 32, 4)
            return builder.bitcast(builder.fcmp_unordered("uno", vector, vector), ir.IntType(32))

        return types.uint32(types.int64), generate

    return compare


def bit_of_bytes(bit: int) -> Any:
    """32 bits: one bit of each of the 32 bytes at an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def gather(typing: Any, source: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            vector = _lanes(builder, args[0], ir.IntType(8), 32, 1)
            chosen = builder.and_(vector, ir.Constant(vector.type, [1 << bit] * 32))
            bits = builder.icmp_unsigned("!=", chosen, ir.Constant(vector.type, [0] * 32))
            return builder.bitcast(bits, ir.IntType(32))

        return types.uint32(types.int64), generate

    return gather


def bytes_of_bits(planes: int) -> Any:
    """Store 32 bytes: bit b of each from 32 bits of plane b, the planes 32 bytes apart."""

    @intrinsic  # type: ignore[untyped-decorator]
    def scatter(typing: Any, source: Any, target: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.VectorType(ir.IntType(8), 32)
            zero = ir.Constant(kind, [0] * 32)
            result = zero
            for plane in range(planes):
                address = builder.add(args[0], ir.Constant(WORD, 32 * plane))
                pointer = builder.inttoptr(address, ir.IntType(32).as_pointer())
                lanes = builder.bitcast(builder.load(pointer, align=4), LANES)
                bits = builder.select(lanes, ir.Constant(kind, [1 << plane] * 32), zero)
                result = builder.or_(result, bits)
            pointer = builder.inttoptr(args[1], kind.as_pointer())
            builder.store(result, pointer, align=1)
            return context.get_constant(types.int64, 0)

        return types.int64(types.int64, types.int64), generate

    return scatter


class Lanes(types.Type):  # type: ignore[misc]
    """numba's type of 512 bits of float32 or float64."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        super().__init__(name=f"lanes_{kind}")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """Sixteen float32, or eight float64."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _lanes_ir(kind.kind))


def _lanes_ir(kind: Any) -> Any:
    return ir.VectorType(
        ir.FloatType() if kind.bitwidth == 32 else ir.DoubleType(), 512 // kind.bitwidth
    )


def lanes(kind: Any) -> tuple[Any, Any]:
    """Functions that load 512 bits of floats, and store them."""
    vector, element = Lanes(kind), _lanes_ir(kind)

    @intrinsic  # type: ignore[untyped-decorator]
    def load(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.load(builder.inttoptr(args[0], element.as_pointer()), align=4)

        return vector(types.int64), generate

    @intrinsic  # type: ignore[untyped-decorator]
    def store(typing: Any, address: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.store(args[1], builder.inttoptr(args[0], element.as_pointer()), align=4)
            return context.get_constant(types.int64, 0)

        return types.int64(types.int64, vector), generate

    return load, store


def add_picked(kind: Any, bits: int) -> Any:
    """A function that adds, to each of 512 bits of floats, the one that its byte of codes picks
    from a table of 2**bits: the table lies in registers (AVX-512 only)."""
    vector, element = Lanes(kind), _lanes_ir(kind)
    count, single = element.count, kind.bitwidth == 32
    index = ir.VectorType(ir.IntType(kind.bitwidth), count)
    name = f"llvm.x86.avx512.vpermi2var.{'ps' if single else 'pd'}.512"
    permute = ir.FunctionType(element, [element, index, element])

    def pick(builder: Any, function: Any, tables: list[Any], code: Any, bit: int) -> Any:
        """From halves of the tables, by ever lower bits of the code."""
        if len(tables) == 2:
            return builder.call(function, [tables[0], code, tables[1]])
        half = len(tables) // 2
        low = pick(builder, function, tables[:half], code, bit - 1)
        high = pick(builder, function, tables[half:], code, bit - 1)
        chosen = builder.and_(code, ir.Constant(index, [1 << bit] * count))
        is_high = builder.icmp_unsigned("!=", chosen, ir.Constant(index, [0] * count))
        return builder.select(is_high, high, low)

    @intrinsic  # type: ignore[untyped-decorator]
    def add(typing: Any, sums: Any, table: Any, codes: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            function = cgutils.get_or_insert_function(builder.module, permute, name)
            small = _lanes(builder, args[2], ir.IntType(8), count, 1)
            size = kind.bitwidth // 8 * count
            tables = [
                _lanes(builder, builder.add(args[1], WORD(size * part)), element.element, count, 4)
                for part in range((1 << bits) // count)
            ]
            code = builder.zext(small, index)
            return builder.fadd(args[0], pick(builder, function, tables, code, bits - 1))

        return vector(vector, types.int64, types.int64), generate

    return add
