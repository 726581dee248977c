"""`make demo` as a stranger runs it: three hubs that talk, ended by one signal, leaving nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from processes import PASSWORD, PATIENCE, free_port, until, words_of

pytestmark = pytest.mark.faults


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for what is temporary: the path of a socket in one of `tmp_path` would be too long."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


def test_the_demo_shows_three_hubs_that_talk_and_leaves_nothing_behind(short: Path) -> None:
    port = free_port(in_a_row=3)
    demo = subprocess.Popen(
        [sys.executable, "-m", "web.demo", str(port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"TMPDIR": str(short)},
    )  # fmt: skip
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    assert all(f"http://localhost:{port + n}" in said for n in range(3)), said
    with httpx.Client(headers={"accept": "text/html"}, timeout=PATIENCE, trust_env=False) as browser:

        def page(n: int, path: str = "/") -> str:
            return words_of(browser.get(f"http://localhost:{port + n}{path}").text)

        assert "Riverbank clear-up" in page(0)
        assert "Clirio glan yr afon" in page(0, "/?lang=cy")
        until(lambda: "Seed swap" in page(2) and "Riverbank clear-up" in page(2), "both hubs on the national page")
        until(lambda: "Homework club" in page(0), "the hub next door")
        browser.post(
            f"http://localhost:{port}/signin",
            data={"name": "delyth", "password": PASSWORD},
            headers={"origin": f"http://localhost:{port}"},
        )
        assert "Siwan Achebe-Llewelyn" in page(0, "/home")
        assert "Côr y felin: pa ddarn nesaf?" in page(0, "/around/here")
        assert "follows you" in page(0, "/notifications")
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=PATIENCE)
    assert "The demo is over." in rest
    assert not list(short.glob("neighbourhub-demo-*"))
