"""The loop as a langgraph graph whose place is kept in SQLite, so that a killed run goes on where it was.

    split -> baseline -> audit -> judge -> diagnose -> propose -> admit -> gate -> commit -> maintain -> judge ...
                                                          |         |        |                  |
                                                          |         +--------+--> maintain      +-> calibrate
                                                          +-> calibrate -> test -> report

A step that was cut off runs again; every step is written so that this changes nothing.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from contextvars import Context
from typing import TYPE_CHECKING, Any

from rubrica.evolution import steps
from rubrica.evolution.session import Session, State

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

STEPS_PER_ROUND = 7
SPARE = 20


def walk(session: Session) -> None:
    """Run the loop to its end, from the start or from where an earlier process was cut off."""
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read when langgraph is imported
    from langgraph.checkpoint.sqlite import SqliteSaver

    path = session.run.folder / "checkpoints.sqlite"
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        graph = _drawn(session).compile(checkpointer=SqliteSaver(connection))
        config: Any = {
            "configurable": {"thread_id": "run"},
            "recursion_limit": STEPS_PER_ROUND * 2 * session.run.options.rounds + SPARE,
        }
        begun = bool(graph.get_state(config).next)
        finished = bool(graph.get_state(config).values) and not begun
        if not finished:
            graph.invoke(None if begun else {"round": 0}, config, durability="sync")


def _drawn(session: Session) -> "StateGraph[Any, Any, Any, Any]":
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(State)
    graph.add_node("split", _apart(steps.split, session))
    graph.add_node("baseline", _apart(steps.baseline, session))
    graph.add_node("audit", _apart(steps.audit, session))
    graph.add_node("judge", _apart(steps.judge, session))
    graph.add_node("diagnose", _apart(steps.diagnose, session))
    graph.add_node("propose", _apart(steps.propose, session))
    graph.add_node("admit", _apart(steps.admit, session))
    graph.add_node("gate", _apart(steps.gate, session))
    graph.add_node("commit", _apart(steps.commit, session))
    graph.add_node("maintain", _apart(steps.maintain, session))
    graph.add_node("calibrate", _apart(steps.calibrate, session))
    graph.add_node("test", _apart(steps.test, session))
    graph.add_node("report", _apart(steps.report, session))
    graph.add_edge(START, "split")
    for before, after in (
        ("split", "baseline"),
        ("baseline", "audit"),
        ("audit", "judge"),
        ("judge", "diagnose"),
        ("diagnose", "propose"),
        ("commit", "maintain"),
        ("calibrate", "test"),
        ("test", "report"),
        ("report", END),
    ):
        graph.add_edge(before, after)
    graph.add_conditional_edges("propose", _or_stop("admit"), ["admit", "calibrate"])
    graph.add_conditional_edges("admit", _if("admitted", "gate"), ["gate", "maintain"])
    graph.add_conditional_edges("gate", _if("accepted", "commit"), ["commit", "maintain"])
    graph.add_conditional_edges("maintain", _or_stop("judge"), ["judge", "calibrate"])
    return graph


def _apart(step: Callable[[Session, State], State], session: Session) -> Any:
    """Run a step in an empty context: else langgraph takes the judge's graph for a part of this one."""
    return lambda state: Context().run(step, session, state)


def _or_stop(name: str) -> Callable[[State], str]:
    return lambda state: "calibrate" if state.get("stop") else name


def _if(outcome: str, name: str) -> Callable[[State], str]:
    return lambda state: name if state.get("outcome") == outcome else "maintain"
