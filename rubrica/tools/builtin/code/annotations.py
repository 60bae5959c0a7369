"""Type annotations as tests of values."""

import ast
from collections.abc import Callable, Sequence

from rubrica.tools.sandbox.source import parse_expression

_PLAIN: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "bytes": (bytes,),
    "list": (list,),
    "List": (list,),
    "tuple": (tuple,),
    "Tuple": (tuple,),
    "dict": (dict,),
    "Dict": (dict,),
    "set": (set,),
    "Set": (set,),
    "None": (type(None),),
}


def value_test(text: str) -> Callable[[object], bool] | None:
    """Turn an annotation into a test of values; None when it says nothing that can be tested."""
    try:
        node = parse_expression(text)
    except ValueError:
        return None
    return _tester(node)


def _tester(node: ast.expr) -> Callable[[object], bool] | None:
    name = ast.unparse(node.value if isinstance(node, ast.Subscript) else node).rpartition(".")[2]
    parts = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([_tester(node.left), _tester(node.right)])
    if name == "Optional" and parts is not None:
        return _either([_tester(parts), _tester(ast.Constant(None))])
    if name == "Union" and isinstance(parts, ast.Tuple):
        return _either([_tester(part) for part in parts.elts])
    if name not in _PLAIN:
        return None
    kinds = _PLAIN[name]
    item = _tester(parts) if name in ("list", "List", "set", "Set") and parts is not None else None

    def matches(value: object) -> bool:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            return False
        return item is None or (isinstance(value, list | set) and all(item(element) for element in value))

    return matches


def _either(testers: Sequence[Callable[[object], bool] | None]) -> Callable[[object], bool] | None:
    known = [tester for tester in testers if tester is not None]
    return (lambda value: any(tester(value) for tester in known)) if len(known) == len(testers) else None
