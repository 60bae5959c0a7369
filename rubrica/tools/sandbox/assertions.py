"""Assertions rewritten as checks: a call of the candidate inside, a comparison here. Parsed, never run."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rubrica.tools.sandbox.base import Need
from rubrica.tools.sandbox.grading import Check, Computed, Known
from rubrica.tools.sandbox.needs import need_of
from rubrica.tools.sandbox.replaying import Script
from rubrica.tools.sandbox.source import parse_literal, parse_module
from rubrica.tools.sandbox.statements import (
    Rename,
    bound_by,
    has_assertion,
    is_plain_call,
    may_raise,
    name_of,
    needed,
    number_of,
    parametrized,
    prepares,
    unbound,
)
from rubrica.tools.sandbox.values import Relation

_RELATIONS: dict[type[ast.cmpop], tuple[Relation, Relation]] = {
    ast.Eq: ("equal", "equal"),
    ast.NotEq: ("unequal", "unequal"),
    ast.Is: ("is", "is"),
    ast.IsNot: ("is not", "is not"),
    ast.Lt: ("<", ">"),
    ast.LtE: ("<=", ">="),
    ast.Gt: (">", "<"),
    ast.GtE: (">=", "<="),
    ast.In: ("in", "contains"),
    ast.NotIn: ("not in", "lacks"),
}
"""Operator -> the relation when the observed side is on its left, and when it is on its right."""

_UNITTEST: dict[str, type[ast.cmpop]] = {
    "assertEqual": ast.Eq,
    "assertEquals": ast.Eq,
    "assertListEqual": ast.Eq,
    "assertDictEqual": ast.Eq,
    "assertNotEqual": ast.NotEq,
    "assertIs": ast.Is,
    "assertIn": ast.In,
    "assertNotIn": ast.NotIn,
    "assertGreater": ast.Gt,
    "assertLess": ast.Lt,
}
_UNITTEST_ALSO = frozenset({"assertTrue", "assertFalse", "assertIsNone", "assertAlmostEqual", "assertRaises"})
_TAKES = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "iter", "len", "list", "map", "max"}) | {
    *("min", "next", "repr", "round", "set", "sorted", "str", "sum", "tuple")
}
"""Built-ins that make another value of what a candidate returned, and know nothing of what is expected."""


def asserts(code: str, known: frozenset[str] = frozenset()) -> list[Check]:
    """Return a check for every assertion in `code`, rewritten so that the comparison happens on the host.

    Understood: plain assertions, `def check(candidate)` called with a name, test functions, methods of a
    `unittest.TestCase`, `pytest.raises`, `pytest.mark.parametrize`. Where a comparison cannot be taken apart (inside a
    loop, a helper, `all(...)`), the check has a `script` to be replayed without the candidate; only when that cannot be
    is it run beside the candidate, `trust="in-process"`. `known` are names that the task itself supplies.
    """
    scene = _Scene(known=set(known) | set(dir(builtins)))
    try:
        return list(scene.read(parse_module(code).body))
    except (ValueError, RecursionError):
        return []


@dataclass
class _Scene:
    """The statements seen so far, and which names in them do not depend on the candidate."""

    known: set[str]
    setup: list[str] = field(default_factory=list)
    clean: list[str] = field(default_factory=list)
    """The part of `setup` that does not depend on the candidate."""
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)

    def read(self, statements: Sequence[ast.stmt]) -> Iterator[Check]:
        for statement in statements:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                yield from self.definition(statement)
            else:
                yield from self.statement(statement)

    def definition(self, node: ast.FunctionDef | ast.ClassDef) -> Iterator[Check]:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args:
            yield from self.inner().read(node.body)
        elif isinstance(node, ast.FunctionDef) and (rows := parametrized(node)) is not None:
            for row in rows:
                yield from self.inner().read([*row, *node.body])
        elif not has_assertion(node):
            self.remember(node)
        elif isinstance(node, ast.FunctionDef):
            self.functions[node.name] = node
        else:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name.startswith("test"):
                    yield from self.method(node, method)

    def method(self, case: ast.ClassDef, method: ast.FunctionDef) -> Iterator[Check]:
        """Read a test of a `unittest.TestCase`; one that uses more of its class than assertions runs as a program."""
        own = [node for node in ast.walk(method) if isinstance(node, ast.Attribute) and name_of(node.value) == "self"]
        plain = all(node.attr in _UNITTEST or node.attr in _UNITTEST_ALSO for node in own) and not prepares(case)
        if plain or not any((name_of(base) or "").endswith("TestCase") for base in case.bases):
            yield from self.inner().read(method.body)
        else:
            run = parse_module(f"{case.name}.setUpClass()\n{case.name}({method.name!r}).debug()").body
            yield self.program([case, *run], f"{case.name}.{method.name}")

    def statement(self, statement: ast.stmt) -> Iterator[Check]:
        match statement:
            case ast.Assert(test=test):
                yield from self.assertion(test)
            case ast.Expr(value=ast.Call() as call):
                yield from self.call(call, statement)
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)], body=[*_, ast.Expr()] as body) if (
                name_of(call.func) in ("raises", "assertRaises") and call.args
            ):
                yield from self.raises(call.args[0], body)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))) | ast.Pass():
                return
            case _ if has_assertion(statement) or (may_raise(statement) and self.depends(statement)):
                yield self.program([statement], ast.unparse(statement))
            case _:
                self.remember(statement)

    def program(self, statements: Sequence[ast.stmt], stated: str) -> Check:
        """Return a check that runs statements after all that they may use, if possible where the candidate is not."""
        parts = [*self.setup, *map(ast.unparse, self.functions.values()), *map(ast.unparse, statements)]
        source = "\n".join(parts)
        return Check(
            stated, "True", relation="true", setup=source, trust="in-process", script=Script(source, unbound(source))
        )

    def inner(self) -> "_Scene":
        return _Scene(set(self.known), list(self.setup), list(self.clean), self.functions)

    def remember(self, statement: ast.stmt) -> None:
        source = ast.unparse(statement)
        if isinstance(statement, ast.Import | ast.ImportFrom) and Need.PACKAGES in need_of(source):
            return  # a test framework, or the module that the candidate's code would have been saved as
        self.setup.append(source)
        if self.depends(statement):
            self.known -= bound_by(statement)
        else:
            self.clean.append(source)
            self.known |= bound_by(statement)

    def depends(self, node: ast.AST) -> bool:
        """Tell whether a piece of test code uses a name that only the candidate can supply."""
        names = [item for item in ast.walk(node) if isinstance(item, ast.Name)]
        local = {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}
        if not isinstance(node, ast.AugAssign):
            local |= {item.id for item in names if not isinstance(item.ctx, ast.Load)}
        return bool({item.id for item in names} - self.known - local)

    def call(self, call: ast.Call, statement: ast.stmt) -> Iterator[Check]:
        name = name_of(call.func)
        if name in _UNITTEST and len(call.args) >= 2:
            yield from self.comparison(call.args[0], _UNITTEST[name](), call.args[1])
        elif name in ("assertTrue", "assertFalse", "assertIsNone") and call.args:
            first = call.args[0]
            if name == "assertIsNone":
                yield from self.comparison(first, ast.Is(), ast.Constant(None))
            else:
                yield from self.assertion(first if name == "assertTrue" else ast.UnaryOp(ast.Not(), first))
        elif name == "assertAlmostEqual" and len(call.args) >= 2:
            yield from self.near(call.args[0], call.args[1], tolerance=5e-8)
        elif name == "assertRaises" and len(call.args) >= 2:
            yield from self.raises(call.args[0], [ast.Expr(ast.Call(call.args[1], call.args[2:], []))])
        elif name in self.functions and not call.keywords and all(isinstance(each, ast.Name) for each in call.args):
            function = self.functions[name]
            names = {
                a.arg: b.id for a, b in zip(function.args.args, call.args, strict=False) if isinstance(b, ast.Name)
            }
            yield from self.inner().read(
                [Rename(names).visit(parse_module(ast.unparse(s)).body[0]) for s in function.body]
            )
        elif name in self.functions or (name or "").startswith("assert"):
            yield self.program([statement], ast.unparse(statement))
        elif name not in ("main", "print") and not (name or "").startswith("test"):
            self.remember(statement)

    def assertion(self, test: ast.expr) -> Iterator[Check]:
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                for value in values:
                    yield from self.assertion(value)
            case ast.Compare(
                left=ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(left=left, op=ast.Sub(), right=right)]),
                ops=[ast.Lt() | ast.LtE()],
                comparators=[bound],
            ) if (tolerance := number_of(bound)) is not None:
                yield from self.near(left, right, tolerance=tolerance)
            case ast.Call(func=function, args=[left, right], keywords=keywords) if name_of(function) == "isclose":
                given = {keyword.arg: number_of(keyword.value) for keyword in keywords}
                yield from self.near(
                    left, right, tolerance=given.get("abs_tol") or 0.0, relative=given.get("rel_tol") or 1e-9
                )
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Call(func=function, args=[right, *_])]) if (
                name_of(function) == "approx"
            ):
                yield from self.near(left, right, tolerance=1e-12, relative=1e-6)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                yield from self.comparison(left, operator, right)
            case ast.UnaryOp(op=ast.Not(), operand=operand) if is_plain_call(operand) and self.depends(operand):
                yield self.check(operand, "false", test)
            case _ if self.depends(test):
                yield self.check(test, "true", test, trusted=is_plain_call(test))

    def comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Iterator[Check]:
        whole = ast.Compare(left, [operator], [right])
        direct, flipped = _RELATIONS[type(operator)]
        on_left, on_right = self.depends(left), self.depends(right)
        if on_left and on_right:
            yield self.check(whole, "true", whole, trusted=False)
        elif on_left:
            yield self.check(left, direct, whole, expected=right)
        elif on_right:
            yield self.check(right, flipped, whole, expected=left)

    def near(self, left: ast.expr, right: ast.expr, *, tolerance: float, relative: float = 0.0) -> Iterator[Check]:
        for actual, expected in ((left, right), (right, left)):
            if self.depends(actual) and not self.depends(expected):
                source = ast.Compare(left, [ast.Eq()], [right])
                check = self.check(actual, "equal", source, expected=expected)
                yield replace(check, tolerance=tolerance, relative=relative)
                return

    def check(
        self,
        actual: ast.expr,
        relation: Relation,
        source: ast.expr,
        *,
        expected: ast.expr | None = None,
        trusted: bool = True,
    ) -> Check:
        want: Known | Computed = Known(None)
        if expected is not None:
            text = ast.unparse(expected)
            try:
                want = Known(parse_literal(text))
            except ValueError:
                want = Computed(text, "\n".join(self.clean))
        check = Check(
            f"assert {ast.unparse(source)}",
            ast.unparse(actual),
            want,
            relation,
            setup="\n".join(needed(self.setup, actual)),
            trust="host" if trusted else "in-process",
        )
        if trusted and self.only_observes(actual, truth=relation in ("true", "false")):
            return check
        program = self.program([ast.Assert(source)], check.source)
        return replace(check, trust="in-process", script=program.script)

    def only_observes(self, node: ast.expr, *, truth: bool = False) -> bool:
        """Tell whether a value is merely taken from the candidate, with nothing beside it that it could learn from.

        With `truth`, what is looked at is only whether it is true: then the candidate's own call alone will do.
        """
        if not self.depends(node):
            return True
        match node:
            case ast.Name():
                return True
            case ast.Call(func=ast.Name(id=name)) if name not in self.known:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name not in self.known:
                return True
            case _ if truth:
                return False
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _TAKES:
                return all(self.only_observes(each) for each in arguments)
            case ast.Call(func=ast.Attribute(value=value), args=arguments, keywords=[]):
                return self.only_observes(value) and not any(map(self.depends, arguments))
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                return self.only_observes(value)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return all(map(self.only_observes, items))
        return False

    def raises(self, error: ast.expr, body: Sequence[ast.stmt]) -> Iterator[Check]:
        last = body[-1]
        if not isinstance(last, ast.Expr):
            return
        setup = "\n".join([*self.setup, *(ast.unparse(statement) for statement in body[:-1])])
        kind = ast.unparse(error).rpartition(".")[2]
        expression = ast.unparse(last.value)
        yield Check(f"{expression} raises {kind}", expression, Known(kind), form="raises", setup=setup)
