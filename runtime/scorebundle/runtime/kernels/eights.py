"""Eight float32 at once, as plain LLVM vector operations: each rounds as the scalar one does."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

EIGHT_IR = ir.VectorType(ir.FloatType(), 8)


class Eight(types.Type):  # type: ignore[misc]
    """numba's type of eight float32."""

    def __init__(self) -> None:
        super().__init__(name="eight_float32")


@register_model(Eight)
class EightModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector of eight floats."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, EIGHT_IR)


EIGHT = Eight()


@intrinsic  # type: ignore[untyped-decorator]
def load_eight(typing: Any, address: Any) -> Any:
    """The eight numbers at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], EIGHT_IR.as_pointer()), align=4)

    return EIGHT(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def store_eight(typing: Any, address: Any, numbers: Any) -> Any:
    """Store eight numbers at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], EIGHT_IR.as_pointer()), align=4)
        return context.get_constant(types.int64, 0)

    return types.int64(types.int64, EIGHT), generate


@intrinsic  # type: ignore[untyped-decorator]
def eight_of(typing: Any, number: Any) -> Any:
    """The same number eight times."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        result = ir.Constant(EIGHT_IR, ir.Undefined)
        for lane in range(8):
            result = builder.insert_element(result, args[0], cgutils.int32_t(lane))
        return result

    return EIGHT(types.float32), generate


@intrinsic  # type: ignore[untyped-decorator]
def chosen(typing: Any, bits: Any, a: Any, b: Any) -> Any:
    """Of each pair the first where its bit is set, else the second."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = builder.trunc(args[0], ir.IntType(8))
        mask = builder.bitcast(byte, ir.VectorType(ir.IntType(1), 8))
        return builder.select(mask, args[1], args[2])

    return EIGHT(types.int64, EIGHT, EIGHT), generate


@intrinsic  # type: ignore[untyped-decorator]
def moved_up(typing: Any, before: Any, numbers: Any) -> Any:
    """The last of eight numbers, and the first seven of the next."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 8), [*range(7, 15)])
        return builder.shuffle_vector(*args, lanes)

    return EIGHT(EIGHT, EIGHT), generate


def _pairwise(operation: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def combine(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, operation)(*args)

        return EIGHT(EIGHT, EIGHT), generate

    return combine


plus, minus = _pairwise("fadd"), _pairwise("fsub")
times, over = _pairwise("fmul"), _pairwise("fdiv")
