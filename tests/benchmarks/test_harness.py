"""The measuring itself is honest: what is twice as much work is found to cost about twice as much."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from benchmarks.calibration import Figure, Floor, Machine, Meter, a_create, here, of

pytestmark = pytest.mark.benchmark
STEPS = 200  # of a work that takes a quarter of a millisecond each
WORK = """
import hashlib, sys
for line in sys.stdin:
    for _ in range(int(line)):
        hashlib.sha256(bytes(400_000)).digest()
    print("done", flush=True)
"""


@contextmanager
def a_worker() -> Iterator[subprocess.Popen[str]]:
    """A process that works as much as it is told to."""
    with subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        yield it
        it.kill()


def spent_on(worker: "subprocess.Popen[str]", steps: int) -> float:
    assert worker.stdin is not None
    assert worker.stdout is not None
    meter = Meter(of(worker.pid))
    with meter.running():
        worker.stdin.write(f"{steps}\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "done\n"
    return meter.stretches[0][0]


def test_twice_the_work_in_another_process_costs_about_twice_as_much() -> None:
    with a_worker() as worker:
        spent_on(worker, STEPS)
        once, twice = spent_on(worker, 10 * STEPS), spent_on(worker, 20 * STEPS)
    assert 1.5 < twice / once < 2.7


def test_work_of_another_process_is_not_counted_as_ours() -> None:
    meter = Meter(here)
    with a_worker() as worker, meter.running():
        theirs = spent_on(worker, 10 * STEPS)
    ours, machine = meter.stretches[0]
    calibrating = 24 * (10 * machine.sign + 250 * machine.loads)  # done within, by us
    assert ours < theirs + 2 * calibrating


def test_on_a_machine_half_as_fast_the_floor_is_twice_as_high() -> None:
    floor = Floor(rest=37.2, crypto=19.8)
    assert Machine(sign=247.0, loads=9.7).floor(floor) == pytest.approx(57.0)
    assert Machine(sign=494.0, loads=19.4).floor(floor) == pytest.approx(114.0)


def test_a_line_says_whether_the_target_is_met() -> None:
    assert str(Figure("x", cost=100.0, floor=50.0, target=4)).endswith("floor    50.0     2.0x   target 4x   met")
    assert str(Figure("x", cost=250.0, floor=50.0, target=4)).endswith("5.0x   target 4x   missed")


def test_the_activity_that_everything_is_compared_with_has_three_kilobytes() -> None:
    assert 3_000 < len(a_create(1)) < 3_600
