"""What runs a test script where the candidate is not: in place of its functions stand the answers that it gave before.

Sent as source text (`Job.code`) like `guest.py`; its `replay` is the entry, and the host never calls it. A call whose
answer is not known yet is reported, and the script goes on with a placeholder, to find as many such calls as it can.
"""

import ast
import builtins
import contextlib
import io
import math
import random
from typing import Any, NoReturn

MAX_CALLS = 400
"""New calls of one replay, of all scripts together."""
MAX_REPEATS = 1000
"""Placeholders that one script gets before it is stopped: it may wait for one to become something else."""


class ImpossibleError(BaseException):
    """The script does something that cannot be replayed, such as asking an object of the candidate's own."""


class StoppedError(BaseException):
    """There are calls enough to be answered first."""


class Unknown:
    """Stands for an answer that is not known: any comparison holds, any operation gives it again."""

    def _itself(self, *_: Any, **__: Any) -> "Unknown":
        return self

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __index__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0

    def __hash__(self) -> int:
        return 0

    __int__ = __index__
    __call__ = __getattr__ = __getitem__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _itself  # type: ignore[assignment]
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _itself
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __and__ = __or__ = __xor__ = _itself
    __neg__ = __pos__ = __abs__ = __round__ = __enter__ = _itself

    def __contains__(self, _: Any) -> bool:
        return True

    def __exit__(self, *_: object) -> None: ...


FOREIGN = frozenset(
    {
        *("ndarray", "DataFrame", "Series", "Fraction", "Decimal", "date", "datetime", "time", "timedelta", "deque"),
        *("range", "generator", "map", "filter", "zip", "dict_keys", "dict_values", "dict_items", "UUID", "PosixPath"),
    }
)
"""Types that are no one's own, whose values a test may well compare."""


class Opaque:
    """A value that did not come out of the sandbox.

    One of a type of the candidate's equals nothing; whoever asks more of it, or about another, cannot be answered.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.__dict__.update({"_kind": kind, "_text": text})

    def __repr__(self) -> str:
        return str(self.__dict__["_text"])

    def __eq__(self, _: object) -> bool:
        if self.__dict__["_kind"] in FOREIGN:
            raise ImpossibleError
        return False

    __hash__ = None  # type: ignore[assignment]

    def _refused(self, *_: Any, **__: Any) -> NoReturn:
        raise ImpossibleError

    __getattr__ = __call__ = __iter__ = __getitem__ = __len__ = __contains__ = __enter__ = __await__ = _refused


class Stub:
    """Stands where the test script expects a function of the candidate."""

    def __init__(self, name: str, scene: "Scene") -> None:
        self.__dict__.update({"_name": name, "_scene": scene, "__name__": name})

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self._name == "Solution" and not arguments and not named:
            return Methods(self._scene)
        return self._scene.call(self._name, list(arguments), named)

    def __getattr__(self, name: str) -> NoReturn:
        raise ImpossibleError

    def __instancecheck__(self, _: object) -> NoReturn:
        raise ImpossibleError


class Methods:
    """An object whose methods do not depend on what was called before, as those of `class Solution`."""

    def __init__(self, scene: "Scene") -> None:
        self.__dict__["_scene"] = scene

    def __getattr__(self, name: str) -> Stub:
        return Stub(f"Solution().{name}", self.__dict__["_scene"])


class Scene:
    """The answers that are known, and the calls of one script that are not."""

    def __init__(self, answers: dict[str, Any], room: int) -> None:
        self._answers, self._room = answers, room
        self.calls: dict[str, list[str]] = {}
        self._placeholders = 0

    def call(self, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        texts = [name, literal(arguments), literal(named)]
        key = "\n".join(texts)
        answer = self._answers.get(key)
        if answer is None:
            self._placeholders += 1
            if self._placeholders > MAX_REPEATS or (len(self.calls) >= self._room and key not in self.calls):
                raise StoppedError
            self.calls[key] = texts
            return Unknown()
        if "raised" in answer:
            raise _error(answer["raised"], answer["message"])
        value, after = eval(answer["value"], {"__builtins__": {}}, dict(_NAMES))  # noqa: S307 - written by the host
        if isinstance(value, Opaque) and value.__dict__["_kind"] == name:
            raise ImpossibleError  # an object of a class of the candidate's
        for mine, theirs in zip(arguments, after, strict=True):
            _mirror(mine, theirs)
        return value


_NAMES = {
    "Opaque": Opaque,
    "float": float,
    "complex": complex,
    "set": set,
    "frozenset": frozenset,
    "bytearray": bytearray,
}


def literal(value: Any) -> str:
    """Return the source of a plain value; what holds a placeholder must wait, and anything else cannot be sent."""
    if isinstance(value, Unknown):
        raise StoppedError
    kind = type(value)
    if kind is float:
        return f"float({repr(value)!r})" if not math.isfinite(value) else repr(value)
    if value is None or kind in (bool, str, bytes, bytearray, complex):
        return repr(value)
    if kind is int:
        return repr(value) if abs(value) < 1 << 1024 else hex(value)
    if kind is dict:
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if kind not in (list, tuple, set, frozenset):
        raise ImpossibleError
    items = "".join(f"{literal(item)}, " for item in value)
    forms = {"list": "[{}]", "tuple": "({})", "set": "set([{}])", "frozenset": "frozenset([{}])"}
    return forms[kind.__name__].format(items)


def _error(names: list[str], message: str) -> BaseException:
    """Return an exception of the first type that everybody knows; a type of the candidate's is made anew."""
    for place, name in enumerate(names):
        known = getattr(builtins, name, None)
        if isinstance(known, type) and issubclass(known, Exception):
            kind = known if not place else type(names[0], (known,), {})
            try:
                error: BaseException = kind(message)
            except TypeError:  # one that wants more than a message
                return Exception(message)
            return error
    return Exception(message)


def _mirror(mine: Any, theirs: Any) -> None:
    """Do to an argument what the candidate did to its copy."""
    if type(mine) is not type(theirs) or mine == theirs:
        return
    if isinstance(mine, list | bytearray):
        mine[:] = theirs
    elif isinstance(mine, dict | set):
        mine.clear()
        mine.update(theirs)


class _Softened(ast.NodeTransformer):
    """Lets a script go on behind an assertion about a placeholder."""

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        handler = ast.parse(f"try: pass\nexcept Exception:\n    if {_DECIDED}(): raise").body[0]
        assert isinstance(handler, ast.Try)
        handler.body = [node]
        return ast.copy_location(handler, node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        function = node.value.func if isinstance(node.value, ast.Call) else None
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return self.visit_Assert(node) if name.startswith("assert") else node  # type: ignore[arg-type]  # any statement


_DECIDED = "_no_placeholder_so_far"


def replay(given: str, scripts: list[list[Any]], answers: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Run every script, `[source, names of the candidate]`, on the names that `given` defines and these answers."""
    base: dict[str, Any] = {"__name__": "test", "__builtins__": __builtins__}
    exec(compile(given, "<given>", "exec"), base)  # noqa: S102 - this is the sandbox
    reports: list[dict[str, Any]] = []
    room = MAX_CALLS
    for source, names in scripts:
        scene = Scene(answers, room)
        report = _run(source, dict(base), [name for name in names if name not in base], scene, seed)
        room -= len(scene.calls)
        reports.append({**report, "calls": list(scene.calls.values())})
    return reports


def _run(source: str, scope: dict[str, Any], names: list[str], scene: Scene, seed: int) -> dict[str, Any]:
    scope |= {name: Stub(name, scene) for name in names}
    scope[_DECIDED] = lambda: not scene.calls
    random.seed(seed)
    said = ""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            tree = ast.fix_missing_locations(_Softened().visit(ast.parse(source)))
            exec(compile(tree, "<test>", "exec"), scope)  # noqa: S102 - this is the sandbox
    except ImpossibleError:
        return {"status": "impossible"}
    except StoppedError:
        return {"status": "unfinished"}
    except (ImportError, NameError, AttributeError, SyntaxError, RecursionError, MemoryError):
        return {"status": "impossible"}  # more likely a thing that plain values lack than a fault of the candidate
    except BaseException as error:  # noqa: BLE001 - how a test says that it fails
        said = f"{type(error).__name__}: {error}".strip(": ")[:500]
    if scene.calls:
        return {"status": "unfinished"}
    return {"status": "failed" if said else "passed", "said": said}
