"""A PostgreSQL server of the tests' own, on a socket in a directory of its own."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from hub.store.migrate import migrate
from hub.store.postgres import PostgresTx

TEMPLATE = "hub"
# A power cut may take all of it. Autovacuum would hold transactions open at chance moments.
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "listen_addresses=")
PR_SET_PDEATHSIG = 1

HANG_UP = b"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
WIPE = b"""DO $$ DECLARE t record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
    EXECUTE format('DELETE FROM %I', t.tablename);
  END LOOP;
END $$"""
SHAPE = b"""SELECT (SELECT array_agg(concat_ws(' ', relname, relnatts, relkind) ORDER BY relname) FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace) AS tables,
                   (SELECT array_agg(name ORDER BY name) FROM migration) AS steps,
                   (SELECT count(*) FROM pg_trigger) AS triggers"""


def programs() -> Path | None:
    """Where `initdb` and `postgres` are: Debian keeps them out of the path."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class Cluster:
    """A running server. A new database takes it half a second, so that `take()` hands them out again and again."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = _somebody()
        self.home = Path(tempfile.mkdtemp(prefix="hub-pg-"))
        self._group: int | None = None
        self._groups: list[int] | None = None
        if self._user:
            self._group, self._groups = pwd.getpwnam(self._user).pw_gid, []
            shutil.chown(self.home, self._user, self._group)
        self._made = 0
        self._wiped: dict[str, psycopg.Connection] = {}
        self._taken: dict[str, psycopg.Connection] = {}
        try:
            self._run("initdb", "-D", self.home / "data", "-U", "hub", "-A", "trust", "-N", "--no-locale", "-E", "UTF8")
            self.start()
            self._migrate()
        except BaseException:
            self.remove()
            raise

    def _migrate(self) -> None:
        self._admin.execute(f"CREATE DATABASE {TEMPLATE}".encode())
        with psycopg.connect(self.url(TEMPLATE), row_factory=psycopg.rows.dict_row) as conn:
            migrate(PostgresTx(conn, "tests"))
            self._shape = _shape(conn)

    def start(self) -> None:
        settings = [word for setting in FAST for word in ("-c", setting)]
        with (self.home / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self._programs / "postgres", "-D", self.home / "data", "-k", self.home, *settings],
                stdout=log, stderr=log, cwd=self.home, preexec_fn=_die_with_parent,
                user=self._user, group=self._group, extra_groups=self._groups,
            )  # fmt: skip
        self._admin = self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in good order, SIGQUIT as a crash would."""
        for conn in (self._admin, *self._wiped.values(), *self._taken.values()):
            conn.close()
        self.server.send_signal(how)
        self.server.wait(30)

    def remove(self) -> None:
        if hasattr(self, "_admin"):
            self.stop()
        shutil.rmtree(self.home)

    def url(self, name: str) -> str:
        return f"postgresql://hub@/{name}?host={self.home}"

    def fresh(self, template: str = TEMPLATE) -> str:
        self._made += 1
        name = f"t{self._made}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        name = url.removeprefix("postgresql://hub@/").partition("?")[0]
        self._admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def take(self) -> str:
        """A migrated database with nothing in it; to be given back."""
        if not self._wiped:
            url = self.fresh()
            self._wiped[url] = psycopg.connect(url, autocommit=True)
        url, conn = self._wiped.popitem()
        self._taken[url] = conn
        return url

    def give_back(self, url: str) -> None:
        """Emptied, it serves the next test; one whose tables were changed goes."""
        conn = self._taken.pop(url)
        conn.execute(HANG_UP)
        conn.execute(WIPE)
        if _shape(conn) == self._shape:
            self._wiped[url] = conn
        else:
            conn.close()
            self.drop(url)

    def _wait(self) -> psycopg.Connection:
        for _ in range(600):
            try:
                return psycopg.connect(self.url("postgres"), autocommit=True)
            except psycopg.OperationalError:
                if self.server.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError((self.home / "log").read_text())

    def _run(self, program: str, *words: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, words)],
            check=True, cwd=self.home, stdout=subprocess.DEVNULL,
            user=self._user, group=self._group, extra_groups=self._groups,
        )  # fmt: skip


def _somebody() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _shape(conn: "psycopg.Connection[Any]") -> str:
    row = conn.execute(SHAPE).fetchone()
    return str(list(row.values()) if isinstance(row, dict) else list(row or ()))
