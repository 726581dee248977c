"""Kill -9 in a flood of letters: whatever was answered with 202 is there, and is acted on after the next start."""

import http.client
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.calibration import a_create
from benchmarks.neighbourhood import SENDERS, fill, key_pairs, sender, senders
from processes import Hub, until

from federation import keys, signatures
from hub.clock import now

pytestmark = pytest.mark.faults
LETTERS, ENOUGH, LINES = 5_000, 1_000, 8


class Flood(threading.Thread):
    """One of those who post until nobody answers. `taken`: ids of what was answered with 202."""

    def __init__(self, hub: Hub, numbers: Iterator[int], taken: set[str]) -> None:
        super().__init__(daemon=True)
        self._hub, self._numbers, self._taken = hub, numbers, taken
        self.refused: list[int] = []

    def run(self) -> None:
        with closing(http.client.HTTPConnection("localhost", self._hub.port, timeout=30)) as line:
            for number in self._numbers:
                who = sender(number % SENDERS)
                body = a_create(number, who)
                headers = signatures.sign_cavage(
                    "POST", f"{self._hub.base}/inbox", key_id=f"{who}#main-key", body=body, at=now(),
                    key=keys.load_private(key_pairs()[number % SENDERS].rsa_private),
                )  # fmt: skip
                try:
                    line.request("POST", "/inbox", body, headers)
                    answer = line.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException):  # killed: this one was never acknowledged
                    return
                if answer.status == 202:
                    self._taken.add(f"{who}/statuses/{115_000_000_000_000_000 + number}/activity")
                else:
                    self.refused.append(answer.status)


def test_a_thousand_acknowledged_letters_survive_kill_9(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub").set_up()
    fill(hub, senders)
    hub.start()
    taken: set[str] = set()
    floods = [Flood(hub, iter(range(n, LETTERS, LINES)), taken) for n in range(LINES)]
    for one in floods:
        one.start()
    until(lambda: len(taken) >= ENOUGH, "a thousand to be taken")
    hub.kill()
    for one in floods:
        one.join(30)
    assert [one.refused for one in floods] == [[]] * LINES
    with closing(sqlite3.connect(hub.data / "hub.db")) as conn:
        kept = {row[0] for row in conn.execute("SELECT uri FROM inbox")}
    assert taken - kept == set()
    hub.start()
    with hub.looking() as conn:
        until(lambda: not conn.execute("SELECT 1 FROM inbox WHERE outcome = '' LIMIT 1").fetchone(), "all to be read")
        outcomes = dict(conn.execute("SELECT outcome, count(*) FROM inbox GROUP BY outcome").fetchall())
    hub.stop()
    assert set(outcomes) == {"kept"}
