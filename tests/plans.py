"""By which way a database finds what a unit of work asks it for."""

from typing import Any

from hub.store import Tx


class Spy:
    """Notes the plan of every statement that goes through it."""

    def __init__(self, tx: Tx) -> None:
        self._tx, self.dialect, self.plans = tx, tx.dialect, list[str]()

    def _note(self, sql: str, params: dict[str, Any]) -> None:
        explain, column = (
            ("EXPLAIN QUERY PLAN", "detail") if self.dialect.name == "sqlite" else ("EXPLAIN", "QUERY PLAN")
        )
        self.plans += [row[column] for row in self._tx.all(f"{explain} {sql}", **params)]

    def all(self, sql: str, **params: Any) -> Any:
        self._note(sql, params)
        return self._tx.all(sql, **params)

    def lines(self, sql: str, **params: Any) -> Any:
        self._note(sql, params)
        return self._tx.lines(sql, **params)

    def one(self, sql: str, **params: Any) -> Any:
        self._note(sql, params)
        return self._tx.one(sql, **params)

    def run(self, sql: str, **params: Any) -> int:
        self._note(sql, params)
        return self._tx.run(sql, **params)

    def wake(self) -> None:
        self._tx.wake()


def planned(tx: Tx, unit: Any, *given: Any) -> str:
    if tx.dialect.name == "postgres":
        tx.run("SET LOCAL enable_seqscan = off")  # with a handful of rows it would not bother with an index
    spy = Spy(tx)
    unit(spy, *given)
    return "\n".join(spy.plans)
