"""Ray, for more than one machine: `rubrica judge --ray`, `judge_dataset` for Ray Data, `service` for Ray Serve.

This is the judge's side, unlike the other adapters: every node needs rubrica and what it depends on, in one version
(extra `ray`). Nothing is loaded before it is used, Ray least of all.
"""

from importlib import import_module

_HOME = {
    "DatasetJudge": "rubrica.adapters.ray.dataset",
    "judge_dataset": "rubrica.adapters.ray.dataset",
    "build_service": "rubrica.adapters.ray.service",
    "service": "rubrica.adapters.ray.service",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOME)
