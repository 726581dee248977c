"""Hubs as their users run them: real processes, the installed command, real HTTP between them."""

import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

import httpx
import msgspec
import uvicorn
from pressed import lend

PASSWORD = "three wet slates"
PATIENCE = 40.0  # seconds that anything may take before the test says what is missing
T = TypeVar("T")


def free_port(in_a_row: int = 1) -> int:
    """The first of so many. Below those that the system lends to whoever calls out: a hub comes back to its port."""
    while True:
        first = SystemRandom().randrange(10_240, 32_000)
        if all(_is_free(first + n) for n in range(in_a_row)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def until(look: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """Look again and again until what is found is true. Fails with the last thing seen."""
    end = time.monotonic() + patience
    found = look()
    while not found:
        assert time.monotonic() < end, f"Waited in vain for {what}"
        time.sleep(0.1)
        found = look()
    return found


class Hub:
    """One hub in a process of its own. `tls` is (certificate and key in one file, authority's file)."""

    def __init__(self, data: Path, role: str = "hub", tls: tuple[Path, Path] | None = None, **environment: str) -> None:
        self.data, self.role, self.tls = data, role, tls
        self.port = free_port()
        self.base = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self.environment = dict(os.environ) | {
            "NEIGHBOURHUB_SERVER_BASE_URL": self.base, "NEIGHBOURHUB_SERVER_PORT": str(self.port),
            "NEIGHBOURHUB_HUB_ROLE": role, "NEIGHBOURHUB_NETWORK_ALLOW_PRIVATE": "127.0.0.0/8,::1/128",
            "NEIGHBOURHUB_SECURITY_REQUIRE_SECOND_FACTOR": "false",  # towns have lived for a month
        } | ({"SSL_CERT_FILE": str(tls[1])} if tls else {}) | environment  # fmt: skip
        self.program = ["-m", "web"]
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    @property
    def domain(self) -> str:
        return self.base.partition("://")[2]

    def behind(self, port: int) -> "Hub":
        """The world finds it at another port, where a proxy is."""
        self.base = f"http://localhost:{port}"
        self.environment["NEIGHBOURHUB_SERVER_BASE_URL"] = self.base
        return self

    def with_clock_off(self, ms: int) -> "Hub":
        """Its machine's clock goes wrong by so many milliseconds."""
        wrong = f"clock.use(lambda: clock._system() + {ms})"
        self.program = ["-c", f"from hub import clock; {wrong}; from web.cli import main; main()"]
        return self

    def set_up(self, name: str = "Riverside") -> "Hub":
        self.set_up_again(name)
        return self

    def set_up_again(self, name: str = "Riverside") -> str:
        """The set-up command, which may be repeated. Returns what it says."""
        password = self.data.parent / f"{self.data.name}-password"
        password.write_text(PASSWORD)
        return self.command(
            "init", "--base-url", self.base, "--name", name, "--steward", "bethan", "--email", "bethan@example.org",
            "--password-file", str(password), "--role", self.role,
        )  # fmt: skip

    def start(self) -> "Hub":
        lend(self.data)
        tls = ["--tls-cert", str(self.tls[0]), "--tls-key", str(self.tls[0])] if self.tls else []
        log = (self.data.parent / f"{self.data.name}.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "serve", "--data", str(self.data), *tls], env=self.environment,
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        log.close()
        assert self.process.stdout is not None
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("ready "):
                return self
        self._over()
        raise AssertionError(f"The hub did not start: {self.said} {self.log()[-2000:]}")

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *self.program, *words, "--data", str(self.data)], env=self.environment,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def publish(self, kind: str, **fields: Any) -> str:
        """Publish from a file, as a script does that means it. Returns the id."""
        file = self.data.parent / f"{self.data.name}-{kind}.json"
        file.write_bytes(msgspec.json.encode(fields))
        return self.command("publish", kind, str(file), "--again")

    def browser(self, address: str | None = None) -> httpx.Client:
        """Somebody's browser, without a picture; at an address of its own among those of this machine, if one is
        given: sign-ins are counted by address."""
        verify = ssl.create_default_context(cafile=self.tls[1]) if self.tls else True
        return httpx.Client(
            base_url=self.base, transport=httpx.HTTPTransport(verify=verify, local_address=address),
            follow_redirects=True, timeout=PATIENCE,
            headers={"accept": "text/html", "origin": self.base, "accept-language": "en"}, trust_env=False,
        )  # fmt: skip

    @contextmanager
    def steward(self) -> Iterator[httpx.Client]:
        """The same, signed in as the steward."""
        with self.browser() as browser:
            answer = browser.post("/signin", data={"name": "bethan", "password": PASSWORD})
            assert answer.status_code == 200, answer.text[:500]
            yield browser

    def page(self, path: str = "/") -> str:
        with self.browser() as browser:
            return browser.get(path).text

    def thing(self, path: str) -> dict[str, Any]:
        """An ActivityPub document of this hub."""
        with self.browser() as browser:
            found: dict[str, Any] = browser.get(path, headers={"accept": "application/activity+json"}).json()
            return found

    @contextmanager
    def looking(self) -> Iterator[sqlite3.Connection]:
        """Into the database while it runs."""
        with closing(sqlite3.connect(f"file:{self.data}/hub.db?mode=ro", uri=True)) as conn:
            yield conn

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self._over()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self._over()

    def _over(self) -> None:
        if self.process is not None:
            self.process.wait(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


@contextmanager
def on_the_air(server: Any, port: int, **more: Any) -> Iterator[None]:
    """A server of another make, in a thread of ours. `more` is for uvicorn."""
    running = uvicorn.Server(uvicorn.Config(server, port=port, log_level="error", lifespan="off", **more))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        until(lambda: running.started, "the other server")
        yield
    finally:
        running.should_exit = True
        thread.join()


def words_of(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
