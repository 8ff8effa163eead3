"""Draws abreast: a type for compiled code that holds one number of every draw of a block, as vector hardware does.

Kernels are written for one draw and compiled for a block of them: `x * y`, `np.exp(x)`, `x > y` act on all lanes at
once, so an equation compiles to vector instructions as it is written, without a loop that a compiler must see through.
Values come from arrays through `cpmodel.model.rows`.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import (
    AbstractTemplate,
    infer_global,
    signature,
)
from numba.extending import intrinsic, lower_builtin, models, register_model

from cpmodel.model.state import BLOCK

DOUBLE, BITS = ir.DoubleType(), ir.IntType(64)
VECTOR, WHOLE = ir.VectorType(DOUBLE, BLOCK), ir.VectorType(BITS, BLOCK)
CONTRACT = ("contract",)  # a product and a sum may be rounded once, together


class Lanes(types.Type):
    """One double of every draw of a block."""

    def __init__(self):
        super().__init__("Lanes")


class Mask(types.Type):
    """One truth value of every draw of a block."""

    def __init__(self):
        super().__init__("Mask")


LANES, MASK = Lanes(), Mask()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, VECTOR)


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), BLOCK))


def as_lanes(builder, kind, value):
    """Return `value` as lanes: a number is the same in every one, a truth value is one or nought."""
    if kind is LANES:
        return value
    if kind is MASK:
        return builder.uitofp(value, VECTOR)
    if isinstance(kind, types.Integer | types.Boolean):
        value = (
            builder.sitofp(value, DOUBLE) if getattr(kind, "signed", False) else builder.uitofp(value, DOUBLE)
        )
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
    return builder.shuffle_vector(one, one, places)


def _number(kind) -> bool:
    return kind in (LANES, MASK) or isinstance(kind, types.Float | types.Integer | types.Boolean)


def _abreast(*kinds) -> bool:
    return all(map(_number, kinds)) and any(kind in (LANES, MASK) for kind in kinds)


def _register(operation, result, build) -> None:
    """Let `operation` act on two values of which at least one is lanes or a mask."""

    class Typed(AbstractTemplate):
        def generic(self, arguments, named):
            if len(arguments) == 2 and _abreast(*arguments):
                return signature(result, *arguments)

    def lower(context, builder, signature, arguments):
        left, right = (as_lanes(builder, *pair) for pair in zip(signature.args, arguments, strict=True))
        return build(builder, left, right)

    infer_global(operation)(Typed)
    for one in (Lanes, Mask):
        for pair in ((one, Lanes), (one, Mask), (one, types.Number), (types.Number, one)):
            lower_builtin(operation, *pair)(lower)


def _arithmetic(name):
    return lambda builder, left, right: getattr(builder, name)(left, right, flags=CONTRACT)


def _comparison(sign):
    return lambda builder, left, right: builder.fcmp_ordered(sign, left, right)


for _operation, _name in (("add", "fadd"), ("sub", "fsub"), ("mul", "fmul"), ("truediv", "fdiv")):
    _register(getattr(operator, _operation), LANES, _arithmetic(_name))
    _register(getattr(operator, f"i{_operation}"), LANES, _arithmetic(_name))
for _operation, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "==")):
    _register(getattr(operator, _operation), MASK, _comparison(_sign))


@infer_global(operator.neg)
class _Negative(AbstractTemplate):
    def generic(self, arguments, named):
        if arguments == (LANES,):
            return signature(LANES, LANES)


@lower_builtin(operator.neg, Lanes)
def _negative(context, builder, signature, arguments):
    return builder.fneg(arguments[0])


@intrinsic
def where(typing, mask, yes, no):
    """`yes` where the mask holds, `no` elsewhere."""

    def code(context, builder, signature, arguments):
        both = (as_lanes(builder, *pair) for pair in zip(signature.args[1:], arguments[1:], strict=True))
        return builder.select(arguments[0], *both)

    if mask is MASK and _number(yes) and _number(no):
        return LANES(mask, yes, no), code


def _extreme(sign):
    """The larger or smaller of two; what is not a number stays, whichever side it stands on."""

    def code(context, builder, signature, arguments):
        pairs = sorted(zip(signature.args, arguments, strict=True), key=lambda pair: pair[0] is LANES)
        left, right = (as_lanes(builder, *pair) for pair in pairs)
        chosen = builder.select(builder.fcmp_ordered(sign, left, right), left, right)
        if (
            pairs[0][0] is not LANES
        ):  # a plain number on the left: the choice falls on the right where that is none
            return chosen
        return builder.select(builder.fcmp_unordered("uno", left, left), left, chosen)

    return code


@intrinsic
def maximum(typing, left, right):
    """The larger of two."""
    if _number(left) and _number(right):
        return LANES(left, right), _extreme(">")


@intrinsic
def minimum(typing, left, right):
    """The smaller of two."""
    if _number(left) and _number(right):
        return LANES(left, right), _extreme("<")


@intrinsic
def some(typing, mask):
    """True when the mask holds in any lane."""

    def code(context, builder, signature, arguments):
        bits = ir.IntType(BLOCK)
        return builder.icmp_unsigned("!=", builder.bitcast(arguments[0], bits), ir.Constant(bits, 0))

    if mask is MASK:
        return types.boolean(mask), code


@intrinsic
def root(typing, value):
    """Square root."""

    def code(context, builder, signature, arguments):
        kind = ir.FunctionType(VECTOR, [VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{BLOCK}f64")
        return builder.call(function, arguments)

    if value is LANES:
        return LANES(value), code


@intrinsic
def same(typing, value):
    """A number as lanes that all hold it."""

    def code(context, builder, signature, arguments):
        return as_lanes(builder, signature.args[0], arguments[0])

    if _number(value):
        return LANES(value), code


@intrinsic
def power_of_two(typing, shifted):
    """2^k, where `shifted` is k + 1.5 · 2**52: k lies in its low bits."""

    def code(context, builder, signature, arguments):
        k = builder.add(builder.bitcast(arguments[0], WHOLE), ir.Constant(WHOLE, [1023] * BLOCK))
        return builder.bitcast(builder.shl(k, ir.Constant(WHOLE, [52] * BLOCK)), VECTOR)

    if shifted is LANES:
        return LANES(shifted), code


@intrinsic
def mantissa_and_exponent(typing, value):
    """m in [√½, √2) and whole e with value = m · 2^e, for positive normal numbers."""

    def code(context, builder, signature, arguments):
        def every(number):
            return ir.Constant(WHOLE, [number] * BLOCK)

        bits = builder.bitcast(arguments[0], WHOLE)
        low = builder.and_(bits, every((1 << 52) - 1))
        above = builder.icmp_unsigned(
            ">", low, every(0x6A09E667F3BCC)
        )  # above √2: count it to the next power
        up = builder.zext(above, WHOLE)
        exponent = builder.add(builder.lshr(bits, every(52)), up)
        m = builder.bitcast(builder.or_(low, builder.shl(builder.sub(every(1023), up), every(52))), VECTOR)
        e = builder.bitcast(builder.or_(exponent, every(0x4330000000000000)), VECTOR)
        e = builder.fsub(e, ir.Constant(VECTOR, [4503599627370496.0 + 1023] * BLOCK))
        return context.make_tuple(builder, signature.return_type, (m, e))

    if value is LANES:
        return types.UniTuple(LANES, 2)(value), code
