"""Arrays as rows of lanes: how compiled kernels read and write the draws of a block.

rows(array)    an array whose last axis is the draws of a block; `rows(a)[i, j]` is a value to read or to set
rows_at(array, d)    the same for an array whose last axis is all draws: the block that begins at draw d
fields(record)    a record of such rows; `fields(r).name` is a value, or rows where the field has more axes
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import (
    intrinsic,
    lower_builtin,
    lower_getattr_generic,
    make_attribute_wrapper,
    models,
    overload,
    register_model,
)

from cpmodel.model.lanes import BITS, BLOCK, DOUBLE, LANES, VECTOR, Lanes, as_lanes


class Rows(types.Type):
    """A view of an array as rows of lanes: `ndim` indices, the draws left out; `whole` when a row is one block."""

    def __init__(self, ndim: int, dtype, whole: bool):
        self.ndim, self.dtype, self.whole = ndim, dtype, whole
        super().__init__(f"Rows({ndim}, {dtype}, {whole})")


class Held(types.Type):
    """A named tuple of views, kept in one place: functions hand on its address, not its many members."""

    def __init__(self, views: types.NamedTuple):
        self.views = views
        super().__init__(f"Held({views.name})")


class Fields(types.Type):
    """A view of a record whose fields are rows of a block."""

    def __init__(self, record: types.Record):
        self.record = record
        super().__init__(f"Fields({record.name})")


@register_model(Rows)
class _RowsModel(models.StructModel):
    def __init__(self, manager, kind):
        members = [("data", types.CPointer(kind.dtype)), ("shape", types.UniTuple(types.intp, kind.ndim))]
        super().__init__(manager, kind, [*members, ("length", types.intp)])


@register_model(Held)
class _HeldModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, manager[kind.views].get_value_type().as_pointer())


@register_model(Fields)
class _FieldsModel(models.StructModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, [("data", types.CPointer(types.uint8))])


make_attribute_wrapper(Rows, "shape", "shape")


def _rows_of(context, builder, array_type, array_value, start, whole, axes=()):
    array = context.make_array(array_type)(context, builder, array_value)
    kind = Rows(array_type.ndim - 1, array_type.dtype, whole)
    view = cgutils.create_struct_proxy(kind)(context, builder)
    shape = cgutils.unpack_tuple(builder, array.shape, array_type.ndim)
    for i, length in enumerate(axes):
        shape[i] = ir.Constant(BITS, length) if isinstance(length, int) else shape[i]
    view.data = builder.gep(array.data, [start]) if start is not None else array.data
    view.shape = cgutils.pack_array(builder, shape[:-1])
    view.length = shape[-1]
    return view._getvalue()


def _is_ordered(kind) -> bool:
    return isinstance(kind, types.Array) and kind.layout == "C" and kind.ndim > 1


def _kind(array) -> Rows:
    return Rows(array.ndim - 1, array.dtype, True)


@intrinsic
def rows(typing, array):
    """A C-ordered array (..., BLOCK), or a named tuple of such, as rows of lanes; arrays must outlive their views.

    Where a member of a named tuple is annotated with the lengths of its axes (`work.over`), these are constants for the
    compiler, which saves it half of its whole-number arithmetic.
    """

    def code(context, builder, signature, arguments):
        return _rows_of(context, builder, signature.args[0], arguments[0], None, True)

    def each(context, builder, signature, arguments):
        given = signature.args[0]
        lengths = [getattr(one, "__metadata__", ()) for one in given.instance_class.__annotations__.values()]
        parts = zip(given, cgutils.unpack_tuple(builder, arguments[0]), lengths, strict=True)
        views = [_rows_of(context, builder, kind, value, None, True, axes) for kind, value, axes in parts]
        kind = signature.return_type.views
        place = cgutils.alloca_once(builder, context.get_value_type(kind))
        builder.store(context.make_tuple(builder, kind, views), place)
        return place

    if _is_ordered(array):
        return _kind(array)(array), code
    if isinstance(array, types.BaseNamedTuple) and all(map(_is_ordered, array)):
        views = types.NamedTuple([_kind(one) for one in array], array.instance_class)
        return Held(views)(array), each


@intrinsic
def rows_at(typing, array, first):
    """A C-ordered array (..., draws) as rows of lanes from draw `first` on; the array must outlive the view."""

    def code(context, builder, signature, arguments):
        return _rows_of(context, builder, signature.args[0], *arguments, False)

    if isinstance(array, types.Array) and array.layout == "C":
        return Rows(array.ndim - 1, array.dtype, False)(array, types.intp), code


@intrinsic
def fields(typing, record):
    """A record of fields (..., BLOCK) as fields of lanes; the record must outlive the view."""

    def code(context, builder, signature, arguments):
        view = cgutils.create_struct_proxy(signature.return_type)(context, builder)
        view.data = builder.bitcast(arguments[0], ir.IntType(8).as_pointer())
        return view._getvalue()

    if isinstance(record, types.Record):
        return Fields(record)(record), code


def _indices(kind):
    """Return the types of the indices in `kind`, or None when these are not whole numbers."""
    found = tuple(kind) if isinstance(kind, types.BaseTuple) else (kind,)
    return found if all(isinstance(one, types.Integer) for one in found) else None


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, arguments, named):
        source, index = arguments
        if not isinstance(source, Rows) or (given := _indices(index)) is None or len(given) > source.ndim:
            return None
        left = source.ndim - len(given)
        return signature(Rows(left, source.dtype, source.whole) if left else LANES, source, index)


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, arguments, named):
        target, index, value = arguments
        if isinstance(target, Rows) and (given := _indices(index)) is not None and len(given) == target.ndim:
            return signature(types.none, target, index, LANES if value is LANES else types.float64)


def _place(context, builder, kind, value, index_type, index):
    """Return the view, its element pointer at `index`, and the shape that is left."""
    view = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    given = _indices(index_type)
    items = cgutils.unpack_tuple(builder, index) if isinstance(index_type, types.BaseTuple) else [index]
    shape = cgutils.unpack_tuple(builder, view.shape, kind.ndim)
    flat = ir.Constant(BITS, 0)
    for axis in range(kind.ndim):
        item = (
            context.cast(builder, items[axis], given[axis], types.intp)
            if axis < len(given) else ir.Constant(BITS, 0)
        )  # fmt: skip
        flat = builder.add(builder.mul(flat, shape[axis]), item) if axis else item
    length = ir.Constant(BITS, BLOCK) if kind.whole else view.length
    return view, builder.gep(view.data, [builder.mul(flat, length)]), shape[len(given) :]


def _memory(kind):
    return ir.VectorType(ir.FloatType() if kind.dtype == types.float32 else DOUBLE, BLOCK)


def _alignment(kind):
    return kind.dtype.bitwidth // 8


@lower_builtin(operator.getitem, Rows, types.Any)
def _get(context, builder, signature, arguments):
    kind, index = signature.args
    view, pointer, left = _place(context, builder, kind, arguments[0], index, arguments[1])
    if signature.return_type is LANES:
        vector = _memory(kind)
        found = builder.load(
            builder.bitcast(pointer, vector.as_pointer()), align=_alignment(kind), typ=vector
        )
        return found if vector == VECTOR else builder.fpext(found, VECTOR)
    part = cgutils.create_struct_proxy(signature.return_type)(context, builder)
    part.data, part.shape, part.length = pointer, cgutils.pack_array(builder, left), view.length
    return part._getvalue()


@lower_builtin(operator.setitem, Rows, types.Any, Lanes)
@lower_builtin(operator.setitem, Rows, types.Any, types.Float)
def _set(context, builder, signature, arguments):
    kind, index, given = signature.args
    _, pointer, _ = _place(context, builder, kind, arguments[0], index, arguments[1])
    value, vector = as_lanes(builder, given, arguments[2]), _memory(kind)
    value = value if vector == VECTOR else builder.fptrunc(value, vector)
    builder.store(value, builder.bitcast(pointer, vector.as_pointer()), align=_alignment(kind))
    return context.get_dummy_value()


@infer_getattr
class _Member(AttributeTemplate):
    key = Held

    def generic_resolve(self, kind, name):
        return dict(zip(kind.views.fields, kind.views, strict=True)).get(name)


@lower_getattr_generic(Held)
def _member(context, builder, kind, value, name):
    return builder.load(cgutils.gep_inbounds(builder, value, 0, kind.views.fields.index(name)))


@infer_getattr
class _Field(AttributeTemplate):
    key = Fields

    def generic_resolve(self, kind, name):
        if name not in kind.record.fields:
            return None
        nested = kind.record.typeof(name)
        return Rows(nested.ndim - 1, nested.dtype, True) if nested.ndim > 1 else LANES


@lower_getattr_generic(Fields)
def _field(context, builder, kind, value, name):
    view = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    start = builder.gep(view.data, [ir.Constant(BITS, kind.record.offset(name))])
    nested = kind.record.typeof(name)
    if nested.ndim == 1:
        return builder.load(builder.bitcast(start, VECTOR.as_pointer()), align=8, typ=VECTOR)
    part = cgutils.create_struct_proxy(Rows(nested.ndim - 1, nested.dtype, True))(context, builder)
    part.data = builder.bitcast(start, DOUBLE.as_pointer())
    part.shape = cgutils.pack_array(builder, [ir.Constant(BITS, n) for n in nested.shape[:-1]])
    part.length = ir.Constant(BITS, BLOCK)
    return part._getvalue()


@overload(len)
def _len(view):
    if isinstance(view, Rows):
        return lambda view: view.shape[0]
