"""`make demo`: two neighbourhoods and an aggregator on this machine, with a month of life, federating for real."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from hub.config import Config
from hub.store.migrate import migrate
from hub.store.open import opened
from web import sample
from web.living import PASSWORD, live
from web.sample import SampleHub

FIRST_PORT = 8001  # of three; another may be given on the command line
PATIENCE = 60  # seconds that a hub may take to start
NATIONAL = SampleHub(
    name={"en": "Neighbourhoods of Wales", "cy": "Cymdogaethau Cymru"},
    area=("Wales", "W92000004"),
    place=(52.3, -3.7),
    hue=235,
    welcome={
        "en": "What neighbourhoods all over Wales are doing, in their own words.",
        "cy": "Beth mae cymdogaethau ledled Cymru yn ei wneud, yn eu geiriau eu hunain.",
    },
    contacts=(("Nerys Lloyd", "National team / Tîm cenedlaethol", "01632 960100"),),
    people=(("nerys", "steward"),),
)


def main() -> None:
    """Run it until Ctrl-C. Every run starts clean."""
    folder = Path(tempfile.mkdtemp(prefix="neighbourhub-demo-"))
    try:
        asyncio.run(_until_told(folder, int(sys.argv[1]) if len(sys.argv) > 1 else FIRST_PORT))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\nThe demo is over.")


async def _until_told(folder: Path, port: int) -> None:
    """However it is ended, the three hubs end with it; a second signal does not hurry that."""
    demo = asyncio.create_task(_demo(folder, (port, port + 1, port + 2)))
    told = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({demo, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    demo.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await demo


async def _demo(folder: Path, ports: tuple[int, int, int]) -> None:
    print("Two neighbourhoods live through a month. This takes a few seconds …", flush=True)
    hubs = [(sample.read("riverside"), "glan", ports[0]), (sample.read("pontfelin"), "pont", ports[1])]
    config = Config()
    for it, name, port in hubs:
        await _grow(folder / name, it, _base(port), config)
    await _grow(folder / "national", NATIONAL, _base(ports[2]), config)
    running = []
    try:
        for name, port in (("glan", ports[0]), ("pont", ports[1]), ("national", ports[2])):
            running.append(await _serve(folder / name, port, "aggregator" if name == "national" else "hub"))
        for follower, followed in (
            ("national", ports[0]),
            ("national", ports[1]),
            ("glan", ports[1]),
            ("pont", ports[0]),
        ):
            await _command(folder / follower, "follow", f"localhost:{followed}")
        _tell(hubs, ports[2])
        await asyncio.gather(*(one.wait() for one in running))
    finally:
        for one in running:
            if one.returncode is None:
                one.send_signal(signal.SIGTERM)
        await asyncio.gather(*(one.wait() for one in running))


async def _grow(data: Path, it: SampleHub, base: str, config: Config) -> None:
    await asyncio.to_thread(data.mkdir, mode=0o700)
    async with opened(str(data / "hub.db")) as store:
        await store.write(migrate)
        await live(store, config, data, it, base)


def _base(port: int) -> str:
    return f"http://localhost:{port}"


def _environment(port: int, role: str) -> dict[str, str]:
    return dict(os.environ) | {
        "NEIGHBOURHUB_SERVER_BASE_URL": _base(port), "NEIGHBOURHUB_SERVER_PORT": str(port),
        "NEIGHBOURHUB_HUB_ROLE": role,
        "NEIGHBOURHUB_NETWORK_ALLOW_PRIVATE": "127.0.0.0/8,::1/128", "NEIGHBOURHUB_LOG_LEVEL": "warning",
        "NEIGHBOURHUB_SECURITY_REQUIRE_SECOND_FACTOR": "false",  # its stewards are a month old, and everybody's
    }  # fmt: skip


async def _serve(data: Path, port: int, role: str) -> asyncio.subprocess.Process:
    """Start a hub and wait until it says that it is ready."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", "serve", "--data", str(data), env=_environment(port, role),
        stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert started.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := await started.stdout.readline():
            if line.startswith(b"ready"):
                return started
    raise SystemExit(f"The hub on port {port} did not start. Is the port taken?")


async def _command(data: Path, *words: str) -> None:
    done = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web",
        *words,
        "--data",
        str(data),
        env=_environment(0, "hub"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await done.wait():
        raise SystemExit(f"This did not work: {' '.join(words)}")


def _tell(hubs: list[tuple[SampleHub, str, int]], national: int) -> None:
    print()
    for it, _, port in hubs:
        names = " or ".join(name for name, _ in it.people)
        print(f"  {it.name['en']:24} {_base(port)}   sign in as {names}")
    print(f"  {NATIONAL.name['en']:24} {_base(national)}   sign in as nerys")
    print(f'\nThe password is "{PASSWORD}" for everybody. Ctrl-C stops all three.', flush=True)


if __name__ == "__main__":
    main()
