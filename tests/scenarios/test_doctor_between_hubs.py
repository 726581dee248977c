"""The doctor of one hub asks another one, as two processes: what is wrong on the way is said in words."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from processes import PATIENCE, Hub, free_port

pytestmark = pytest.mark.faults
HOUR = 3_600_000  # ms

Change = Callable[[str, dict[str, str]], tuple[str, dict[str, str]]]  # path, headers → those that the hub gets


def as_it_came(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    return path, headers


def own_host(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    return path, headers | {"host": "127.0.0.1:8000"}


def below_a_folder(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    return f"/hub{path}", headers


def another_inbox(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    return path.replace("/actor/hub/inbox", "/inbox"), headers


@contextmanager
def proxy(port: int, change: Change = as_it_came) -> Iterator[int]:
    """A proxy before the hub at `port`, set up well or badly. Gives its own port."""

    class Way(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            came = {name.lower(): value for name, value in self.headers.items() if name.lower() != "connection"}
            path, headers = change(self.path, came)
            behind = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                behind.request(self.command, path, body or None, headers | {"connection": "close"})
                answer = behind.getresponse()
                told, kind = answer.read(), answer.headers.get("content-type", "text/plain")
                self._tell(answer.status, told, kind)
            except OSError:
                self._tell(502, b"nothing behind", "text/plain")
            finally:
                behind.close()

        do_POST = do_GET

        def _tell(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what matters is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Way)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def doctor(hub: Hub, through: Hub) -> tuple[int, str]:
    """Its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, *hub.program, "doctor", "--through", through.domain, "--data", str(hub.data)],
        env=hub.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("other") / "other").set_up("Wales").start()
    yield hub
    hub.stop()


@contextmanager
def a_hub(folder: Path, change: Change | None = None, clock: int = 0) -> Iterator[Hub]:
    """A hub, behind a proxy if one is said, on a machine whose clock is off."""
    hub = Hub(folder / "hub")
    if clock:
        hub.with_clock_off(clock)
    with proxy(hub.port, change or as_it_came) as port:
        if change is not None:
            hub.behind(port)
        hub.set_up("Riverside").start()
        try:
            yield hub
        finally:
            hub.stop()


@pytest.mark.parametrize("change", [None, as_it_came])
def test_all_is_well_with_and_without_a_proxy(tmp_path: Path, other: Hub, change: Change | None) -> None:
    with a_hub(tmp_path, change) as hub:
        code, said = doctor(hub, other)
    assert f"ok    our key and signature, checked by {other.domain}: right" in said
    assert f"ok    our inbox, tried by {other.domain}: answered 202" in said
    assert code == 0, said


@pytest.mark.parametrize(
    ("change", "what", "words"),
    [
        (own_host, "answered 421", "changes the Host header. In nginx: proxy_set_header Host $host;"),
        (below_a_folder, "answered 404", "changes the path, or leads somewhere else."),
        (another_inbox, "answered 401: The signature does not match what was sent.", "Something on the way changes"),
    ],
)
def test_a_proxy_that_changes_what_passes_is_found_out(
    tmp_path: Path, other: Hub, change: Change, what: str, words: str
) -> None:
    with a_hub(tmp_path, change) as hub:
        code, said = doctor(hub, other)
    assert what in said, said
    assert words in said
    assert code == 1


@pytest.mark.parametrize(("off", "words"), [(3 * HOUR, "180 minutes ahead of"), (-3 * HOUR, "180 minutes behind")])
def test_a_clock_that_is_hours_off_is_found_out(tmp_path: Path, other: Hub, off: int, words: str) -> None:
    with a_hub(tmp_path, clock=off) as hub:
        code, said = doctor(hub, other)
    assert f"bad   clock: ours is {words} that of {other.domain}" in said.replace("179 minutes", "180 minutes")
    assert "timedatectl set-ntp true" in said
    assert code == 1


def test_a_clock_that_is_minutes_off_is_told_before_it_matters(tmp_path: Path, other: Hub) -> None:
    with a_hub(tmp_path, clock=HOUR // 2) as hub:
        code, said = doctor(hub, other)
    assert "warn  clock: ours is" in said
    assert "right" in said
    assert code == 0, said


def test_a_hub_that_does_not_run_is_found_out(tmp_path: Path, other: Hub) -> None:
    hub = Hub(tmp_path / "hub").set_up("Riverside")
    code, said = doctor(hub, other)
    assert f"our key, read by {other.domain}: no answer (refused)" in said
    assert "Does the server run, is port 443 open" in said
    assert code == 1


def test_a_proxy_with_nothing_behind_it_is_found_out(tmp_path: Path, other: Hub) -> None:
    hub = Hub(tmp_path / "hub")
    with proxy(hub.port) as port:
        code, said = doctor(hub.behind(port).set_up("Riverside"), other)
    assert "answered 502" in said, said
    assert "The proxy is there, and the hub behind it is not" in said
    assert code == 1


def test_a_name_that_leads_nowhere_is_told_from_a_hub_that_is_away(tmp_path: Path, other: Hub) -> None:
    hub = Hub(tmp_path / "hub").set_up("Riverside")
    for domain, words in (("nowhere.invalid", "Is it spelt right?"), (f"localhost:{free_port()}", "Try another hub.")):
        other_hub = Hub(tmp_path / "gone")
        other_hub.base = f"http://{domain}"
        code, said = doctor(hub, other_hub)
        assert f"bad   the way to {domain}" in said
        assert words in said
        assert code == 1


def test_keys_are_changed_beside_a_running_hub_and_the_others_notice(tmp_path: Path, other: Hub) -> None:
    with a_hub(tmp_path) as hub:
        assert doctor(hub, other)[0] == 0
        before = hub.thing("/actor")["publicKey"]["publicKeyPem"]
        assert "have new keys." in hub.command("keys", "rotate")
        assert hub.thing("/actor")["publicKey"]["publicKeyPem"] != before
        assert "0 have new keys." in hub.command("keys", "rotate")
        code, said = doctor(hub, other)
        assert code == 0, said
