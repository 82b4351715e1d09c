"""The effect and the result of a call of a function of the project, told in the caller's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.instantiate import Instantiation
from lint_rules.flow.named import Names, collected, names_given, spread
from lint_rules.flow.openparams import classes_given, receiver_given
from lint_rules.flow.rows import how_read
from lint_rules.flow.summaries import DEPTH
from lint_rules.flow.values import UNKNOWN, Callable_, Obj, Value, constant, field_reads, ref
from lint_rules.flow.vocabulary import COPYING_HOOKS
from lint_rules.naming import is_plain_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from lint_rules.flow.calls import Calls
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.state import State
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef

MAX_METHODS = 30
"""A plain class with more methods than this is a service, not a record of fields."""


def apply(
    calls: Calls, state: State, node: cst.BaseExpression, function: FunctionRef,
    receiver: Value | None, args: Sequence[cst.Arg], *, up: bool = False,
) -> Value:  # fmt: skip
    """The effect and the result of calling ``function`` at ``node``, which reads an attribute where it is the getter of
    a property; ``up`` for the method of a base by its overriding one, which is followed through all bases where it
    copies."""
    bound = _bind(calls, state, node, function, receiver, args)
    calls.ctx.handoff(state, node, function, bound, calls.scheduled)
    if _caches_result(calls, function):
        found = _typed(calls, state, node, function, "lookup")
        for obj in found.refs:
            calls.ctx.objects[obj].kin = _class_returned(calls, function)
        return found
    facts = _followed(calls, function, bound, up=up and function.name in COPYING_HOOKS)
    if _is_abstract(function, facts):  # which of its subclasses' own is called is not known
        calls.unknown.may_reset(function.name, list(bound.values()))
        facts = None
    if facts is None:
        return _typed(calls, state, node, function, "call")
    value = Instantiation(calls, state, node, facts, bound).run()
    return value if value is not None else _typed(calls, state, node, function, "call")


def initialise(calls: Calls, state: State, node: cst.Call, init: FunctionRef, made: Value) -> bool:
    """Give a new object what its class's ``__init__`` does with the arguments; False where that cannot be followed."""
    if calls.ctx.depth == 0:
        return False
    bound = _bind(calls, state, node, init, made, node.args)
    facts = _followed(calls, init, bound, up=False)
    if facts is None:
        return False
    calls.ctx.handoff(state, node, init, bound, calls.scheduled)
    Instantiation(calls, state, node, facts, bound).run()
    return True


def _followed(
    calls: Calls, function: FunctionRef, bound: dict[str, Value], *, up: bool
) -> Facts | None:
    """The summary of a called function; None where it is too deep, cannot matter or cannot be read."""
    if not ((up or calls.ctx.depth > 0) and _tracked(calls, function, bound)):
        return None
    names: Names = (
        *names_given(function, bound),
        *classes_given(calls.ctx, function, bound),
        *receiver_given(calls.ctx, function, bound, always=up),
    )
    return calls.ctx.library.summary(function, max(calls.ctx.depth - 1, 0), names)


def _class_returned(calls: Calls, function: FunctionRef) -> ClassRef | None:
    """The one class of the objects that a function returns, by what it does."""
    library, depth = calls.ctx.library, calls.ctx.depth
    facts = library.summary(function, depth - 1, ()) if depth > 0 else None
    values = [leave.value for leave in facts.exits] if facts is not None else []
    models = (
        {facts.objects[obj].model for value in values for obj in value.refs} if facts else set()
    )
    return models.pop() if len(models) == 1 else None


def _typed(
    calls: Calls, state: State, node: cst.BaseExpression, function: FunctionRef, origin: str
) -> Value:
    """The object that a call returns, of the class that the function's annotation names."""
    how = how_read(node, function) if origin == "call" else ""
    key = (id(node), origin, calls.ctx.iteration)
    made = calls.ctx.new(key, origin, function.name, node=node, how=how)
    annotate_result(calls, made, function)
    state.meet(made.id)
    return ref(made.id)


def _bind(
    calls: Calls, state: State, node: cst.BaseExpression, function: FunctionRef, receiver: Value | None,
    args: Sequence[cst.Arg],
) -> dict[str, Value]:  # fmt: skip
    """Arguments by parameter name."""
    values = [calls.ev.eval(state, arg.value) for arg in args]
    bound = bind(function, receiver, args, values)
    for param in function.params:
        if param.kind == "kwarg":
            _collect_named(calls, state, node, bound, function)
        elif param.annotation:
            _learn_class(calls, bound[param.name], function, param.annotation)
    return bound


def _collect_named(
    calls: Calls,
    state: State,
    node: cst.BaseExpression,
    bound: dict[str, Value],
    function: FunctionRef,
) -> None:
    """What ``**given`` is bound to, where objects are among it: a mapping that is made for the call."""
    params = {param.name for param in function.params}
    named = {name: value for name, value in bound.items() if name not in params}
    objs = (calls.ctx.objects[obj] for value in named.values() for obj in value.refs)
    if any(obj.origin in ("lookup", "copy", "fresh") or obj.model is not None for obj in objs):
        made = calls.ev.mappings.fresh(state, node)
        for name, value in named.items():
            calls.ctx.write(state, [made], name, value, node, "update", record=False)
        bound[function.params[-1].name] = ref(made)


def bind(
    function: FunctionRef, receiver: Value | None, args: Sequence[cst.Arg],
    values: Sequence[Value],
) -> dict[str, Value]:  # fmt: skip
    """The values of arguments by parameter name."""
    params = list(function.params)
    bound: dict[str, Value] = {}
    takes_receiver = function.kind in ("method", "classmethod", "property")
    if takes_receiver and params and receiver is not None:
        is_class = any(isinstance(atom, Callable_) for atom in receiver.atoms)
        if not (is_class and function.kind == "method"):
            bound[params.pop(0).name] = receiver
    positional = [p.name for p in params if p.kind == "positional"]
    index = 0
    rest: list[Value] | None = []
    for arg, value in zip(args, values, strict=True):
        if arg.keyword is not None:
            bound[arg.keyword.value] = value
        elif not arg.star and index < len(positional):
            bound[positional[index]] = value
            index += 1
        elif arg.star != "**" and rest is not None:
            more = spread(value) if arg.star else [value]
            rest = [*rest, *more] if more is not None else None
    for param in params:
        if param.kind == "vararg" and rest is not None:
            bound[param.name] = collected(rest)
    for param in params:
        if param.name not in bound:
            bound[param.name] = constant(None) if param.default == "None" else UNKNOWN
    return bound


def _learn_class(calls: Calls, value: Value, function: FunctionRef, annotation: str) -> None:
    """Give an object of no known class the one that a called function wants."""
    for obj in value.refs:
        info = calls.ctx.objects[obj]
        if info.model is None and not info.typed and info.origin in ("lookup", "param", "call"):
            hint = calls.ctx.project.resolve_annotation(function.module, annotation, function)
            if len(hint.classes) == 1:
                info.model = hint.classes[0]
                calls.ctx.learn_fields(info.model)


def _is_abstract(function: FunctionRef, facts: Facts | None) -> bool:
    """True for a method that has to be overridden: it says so, or only raises."""
    if function.class_name is None:
        return False
    raises = facts is not None and facts.final is None
    return raises or any("abstractmethod" in text for text in function.decorators)


def _tracked(calls: Calls, function: FunctionRef, bound: dict[str, Value]) -> bool:
    """True when the call can matter: it is given an object whose fields are followed, or it names a
    cache that may hand one out."""
    if sum(bool(field_reads(value)) for value in bound.values()) > 1:
        return True  # it may choose between them
    for value in bound.values():
        for obj in value.refs:
            info = calls.ctx.objects[obj]
            if info.origin in ("copy", "lookup", "mapping", "fresh") or info.mapping:
                return True
            open_ = info.origin == "param" and info.model is None and calls.ctx.depth < DEPTH
            if open_ and not is_plain_type(info.type_text):
                return True  # of a class that the caller may know
            if info.model is not None and is_record(info.model):
                return True
    return calls.ctx.library.names_what_matters(function)


def is_record(model: ClassRef) -> bool:
    """True for a class whose objects carry data: a declared model, or a plain class with fields."""
    return model.kind != "plain" or (bool(model.fields) and len(model.methods) <= MAX_METHODS)


def annotate_result(calls: Calls, made: Obj, function: FunctionRef) -> None:
    """Give the result of a call the class that the function's return annotation names."""
    if made.model is not None or not function.returns:
        return
    hint = calls.ctx.project.resolve_annotation(function.module, function.returns, function)
    made.mapping = made.mapping or hint.mapping
    made.holds = hint.item
    made.typed = True
    if len(hint.classes) == 1:
        made.model = hint.classes[0]
        calls.ctx.learn_fields(made.model)


def _caches_result(calls: Calls, function: FunctionRef) -> bool:
    """True when a caching decorator makes every caller share the function's result."""
    decorators = (text.split("(", 1)[0].strip() for text in function.decorators)
    return any(calls.ctx.library.memoising.by(function.module, dotted) for dotted in decorators)
