"""What the command line can have done, by a running server or on its own.

SQLite has one writer, the running server; so a command hands its errand over through a socket in the data folder.
Where nobody serves (or the database is PostgreSQL), the command opens the store and does the same errand itself.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from federation import Step, Wire, follow_hub, through
from hub import audit, factors, invitations, keys, letters, people, settings
from hub.config import Config
from hub.errors import N_, HubError, Invalid
from hub.store import Store, Tx
from web import backup, doctor, publishing

LONGEST = 1024 * 1024  # bytes of one errand, or of its answer
LONGEST_PATH = 100  # bytes: what a unix socket's address may have


class Tools(msgspec.Struct, frozen=True):
    """What an errand needs at hand. `follow` finds the hub behind a domain and follows it; returns its handle.

    `through` asks another hub whether it can read and reach this one.
    """

    store: Store
    config: Config
    data: Path
    follow: Callable[[str, int], Awaitable[str]]
    through: Callable[[str], Awaitable[list[Step]]]


Json = dict[str, Any]
Errand = Callable[[Tools, Json], Awaitable[Json]]


async def open_hub(tools: Tools, asked: Json) -> Json:
    """Set the hub up without a browser. Asked again for the same hub, it changes nothing."""
    draft = msgspec.convert(asked["draft"], settings.Draft)

    def unit(tx: Tx) -> bool:
        if settings.found(tx) is not None:
            return False
        settings.open_hub(tx, draft, asked["base"])
        people.create(tx, asked["login"], asked["email"], asked["hash"], "steward")
        return True

    return {"opened": await tools.store.write(unit)}


async def create_user(tools: Tools, asked: Json) -> Json:
    """An account that may sign in at once. Asked again for the same person, it changes nothing."""

    def unit(tx: Tx) -> bool:
        known = people.known_as(tx, asked["login"])
        if known is not None and (known[0].email, known[0].role) == (asked["email"].strip().lower(), asked["role"]):
            return False
        people.create(tx, asked["login"], asked["email"], asked["hash"], asked["role"])
        return True

    return {"created": await tools.store.write(unit)}


async def list_users(tools: Tools, asked: Json) -> Json:
    found = await tools.store.read(people.all_)
    return {"people": [[one.login, one.email, one.role, bool(one.closed)] for one in found]}


async def reset_user(tools: Tools, asked: Json) -> Json:
    """A new password for somebody who is locked out. It is written down, and a letter tells them."""

    def unit(tx: Tx) -> None:
        known = people.known_as(tx, asked["login"])
        if known is None:
            raise Invalid(N_("There is nobody by that name. See: neighbourhub user list."), field="name")
        account, second = known[0], bool(asked.get("second_step"))
        people.set_password(tx, account.actor, asked["hash"])
        if second:
            factors.forget(tx, account.actor)
        what = "reset-shell-second" if second else "reset-shell"
        audit.note(tx, audit.NOBODY, what, account.actor, name=account.login)
        letters.send(tx, "notice", what, account.email, account=account.actor)

    await tools.store.write(unit)
    return {}


async def invite(tools: Tools, asked: Json) -> Json:
    """A link to join by, made in the first steward's name."""

    def unit(tx: Tx) -> str:
        who = people.steward(tx).actor
        return invitations.make(tx, who, uses=asked["uses"], days=asked["days"], note=asked["note"])

    secret = await tools.store.write(unit)
    return {"link": f"{tools.config.server.base_url}/signup?key={secret}"}


async def follow(tools: Tools, asked: Json) -> Json:
    steward = await tools.store.read(people.steward)
    return {"handle": await tools.follow(asked["domain"], steward.actor)}


async def publish(tools: Tools, asked: Json) -> Json:
    """Publish what a file says. Asked again for the same file, or under the same key, it publishes nothing."""
    errand = msgspec.convert(asked, publishing.Errand)
    done = await publishing.publish(tools.store, tools.config, tools.data, errand)
    return {"id": str(done.id), "url": done.url, "new": done.new}


async def back_up(tools: Tools, asked: Json) -> Json:
    return {
        "file": str(
            await backup.make(tools.store, tools.config, tools.data, Path(asked["to"]) if asked["to"] else None)
        )
    }


async def examine(tools: Tools, asked: Json) -> Json:
    findings = await doctor.examine(tools.store, tools.config, tools.data)
    steps = await tools.through(asked.get("through", ""))
    findings += [doctor.Finding(step.check, step.state, step.found, step.fix) for step in steps]
    return {"findings": [msgspec.to_builtins(one) for one in findings]}


async def rotate_keys(tools: Tools, asked: Json) -> Json:
    """New keys for everybody here. Those whose last change is still on its way keep what they have."""
    changed = 0
    actors = await tools.store.read(keys.ours)
    for actor in actors:
        new = await asyncio.to_thread(keys.generate)  # 50 ms, during which no transaction should be open
        changed += await tools.store.write(keys.rotate, actor, new, again=bool(asked.get("again")))
    return {"changed": changed, "waiting": len(actors) - changed}


async def migrate(tools: Tools, asked: Json) -> Json:
    """A server, or a command before this errand, has brought the schema up to date already."""
    return {"applied": []}


ERRANDS: dict[str, Errand] = {
    "init": open_hub, "user create": create_user, "user list": list_users, "user reset": reset_user, "invite": invite,
    "follow": follow,
    "publish": publish, "backup": back_up, "doctor": examine, "keys rotate": rotate_keys,
    "migrate": migrate,
}  # fmt: skip


@asynccontextmanager
async def open_for_errands(tools: Tools) -> AsyncIterator[None]:
    """Take errands through the socket for as long as this lasts. Only the server's own user can reach it."""
    address = socket_at(tools.data)
    address.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(lambda r, w: _serve(tools, r, w), address, limit=LONGEST)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        address.unlink(missing_ok=True)


async def hand_over(data: Path, errand: str, asked: Json) -> Json | None:
    """Have the running server do it. `None` when no server runs here; raises `Invalid` with the server's refusal."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket_at(data), limit=LONGEST)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(msgspec.json.encode({"errand": errand, "asked": asked}) + b"\n")
        await writer.drain()
        answer = msgspec.json.decode(await reader.readline())
    finally:
        writer.close()
    if "refused" in answer:
        raise Invalid(answer["refused"])
    done: Json = answer["done"]
    return done


def store_url(config: Config, data: Path) -> str:
    return config.store.url or str(data / "hub.db")


def follower(wire: Wire) -> Callable[[str, int], Awaitable[str]]:
    async def follow_(domain: str, who: int) -> str:
        return (await follow_hub(wire, domain, who)).acct

    return follow_


def at_hand(store: Store, config: Config, data: Path, wire: Wire) -> Tools:
    """What errands need of a hub that is open."""
    return Tools(store, config, data, follower(wire), lambda domain: through(wire, domain))


def socket_at(data: Path) -> Path:
    """`hub.sock` in the data folder, or, where that is too long for a socket, one named after it."""
    address = data.resolve() / "hub.sock"
    if len(os.fsencode(address)) <= LONGEST_PATH:
        return address
    name = hashlib.sha256(os.fsencode(address)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"neighbourhub-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.sock"


async def _serve(tools: Tools, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        line = await reader.readline()
        message = msgspec.json.decode(line) if line else {}
        answer = await _do(tools, message)
        writer.write(msgspec.json.encode(answer) + b"\n")
        await writer.drain()
    finally:
        writer.close()


async def _do(tools: Tools, message: Json) -> Json:
    errand = ERRANDS.get(message.get("errand", ""))
    if errand is None:
        return {"refused": "The running server does not know this command. Is it an older version? Restart it."}
    try:
        return {"done": await errand(tools, message["asked"])}
    except HubError as refused:
        return {"refused": str(refused)}
