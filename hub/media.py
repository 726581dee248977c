"""Pictures: taken in whatever shape they come, kept upright, small and without what the camera noted down."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Literal

import msgspec

from hub import config
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Tx
from hub.text import Text, clean_text

MIME = "image/jpeg"
ALT = 1500  # characters, in each language
KEPT = 8000  # characters of all languages together, as kept
PATIENCE = 30  # seconds, for a turn and for the work

Size = Literal["full", "small"]


class Prepared(msgspec.Struct, frozen=True):
    """A picture fit to be shown, in two sizes. Sizes in pixels."""

    full: bytes
    small: bytes
    width: int
    height: int
    small_width: int
    small_height: int
    mime: str = MIME


class Stored(msgspec.Struct, frozen=True):
    """A picture in the media folder; `key` names it by its content, so the same picture is kept once."""

    key: str
    mime: str
    width: int
    height: int
    small_width: int
    small_height: int
    bytes: int


class Media(msgspec.Struct, frozen=True):
    """A picture that somebody uploaded, and what it shows, in words."""

    id: int
    key: str
    mime: str
    width: int
    height: int
    small_width: int
    small_height: int
    alt: Text
    owner: int
    focus: str = ""


class _Facts(msgspec.Struct):
    """What the darkroom says: why not, or the sizes in pixels, and in bytes what follows."""

    refused: str = ""
    width: int = 0
    height: int = 0
    small_width: int = 0
    small_height: int = 0
    full: int = 0
    small: int = 0


def prepare(data: bytes, *, limits: config.Media) -> Prepared:
    """Develop an uploaded picture. Blocks for up to a minute: call it in a thread, never in a unit.

    Raises `Invalid` for what is no JPEG, PNG, WebP or GIF, is too large, or is damaged; `Conflict` when too many wait.
    """
    if len(data) > limits.max_bytes:
        raise Invalid(
            N_("This picture is too large: at most %(most)s MB."), field="picture", most=limits.max_bytes // config.MIB
        )
    if not _MAGIC.match(data):
        raise Invalid(N_("Use a picture in one of these formats: JPEG, PNG, WebP or GIF."), field="picture")
    facts, developed = _develop(data, limits.max_pixels)
    if facts.refused == "pixels":
        raise Invalid(
            N_("This picture has too many pixels: at most %(most)s million."),
            field="picture",
            most=limits.max_pixels // 1_000_000,
        )
    if facts.refused or not facts.full or len(developed) != facts.full + facts.small:
        raise Invalid(N_("This picture cannot be read; it may be damaged."), field="picture")
    return Prepared(
        full=developed[: facts.full],
        small=developed[facts.full :],
        width=facts.width,
        height=facts.height,
        small_width=facts.small_width,
        small_height=facts.small_height,
    )


def save(folder: Path, prepared: Prepared) -> Stored:
    """Put a prepared picture into the media folder. Safe to repeat; a crash leaves no half of it."""
    key = hashlib.sha256(prepared.full).hexdigest()
    _write(path(folder, key, "small"), prepared.small)
    _write(path(folder, key, "full"), prepared.full)
    return Stored(
        key=key,
        mime=prepared.mime,
        width=prepared.width,
        height=prepared.height,
        small_width=prepared.small_width,
        small_height=prepared.small_height,
        bytes=len(prepared.full) + len(prepared.small),
    )


def path(folder: Path, key: str, size: Size) -> Path:
    """Where a picture lies. Raises `NotFound` for a key that none has, so that no path leads out of the folder."""
    if not _KEY.fullmatch(key) or size not in ("full", "small"):
        raise NotFound(N_("There is no such picture."))
    return folder / key[:2] / (f"{key}.jpg" if size == "full" else f"{key}.small.jpg")


def add(tx: Tx, stored: Stored, alt: Text, owner: int) -> Media:
    """Note whose picture it is and what it shows. Raises `Invalid` when the description is too long."""
    alt = clean_text(alt, longest=ALT, field="alt")
    if len(pack(alt)) > KEPT:
        raise Invalid(N_("This is too long: at most %(longest)s characters."), field="alt", longest=ALT)
    id = new_id()
    tx.run(
        """INSERT INTO media (id, key, mime, width, height, small_width, small_height, bytes, alt, owner, created)
           VALUES (:id, :key, :mime, :width, :height, :small_width, :small_height, :bytes, :alt, :owner, :now)""",
        id=id, **msgspec.structs.asdict(stored), alt=pack(alt), owner=owner, now=now(),
    )  # fmt: skip
    return get(tx, id)


def get(tx: Tx, id: int) -> Media:
    row = tx.one(
        """SELECT id, key, mime, width, height, small_width, small_height, alt, owner, focus
           FROM media WHERE id = :id""",
        id=id,
    )  # fmt: skip
    if row is None:
        raise NotFound(N_("There is no such picture."))
    return Media(**{**row, "alt": unpack(row["alt"], Text)})


def own(tx: Tx, who: int, id: int) -> Media:
    """Raises the same `NotFound` for somebody else's and for none."""
    found = get(tx, id)
    if found.owner != who:
        raise NotFound(N_("There is no such picture."))
    return found


def describe(tx: Tx, who: int, id: int, *, alt: Text | None = None, focus: str | None = None) -> Media:
    """Say in words what it shows, or where the eye goes first ("x,y" from -1 to 1); `None` leaves it."""
    kept = own(tx, who, id)
    alt = kept.alt if alt is None else clean_text(alt, longest=ALT, field="description")
    focus = kept.focus if focus is None else _focus(focus)
    tx.run("UPDATE media SET alt = :alt, focus = :focus WHERE id = :id", alt=pack(alt), focus=focus, id=id)
    return get(tx, id)


def _focus(words: str) -> str:
    """Rounded, and within bounds. What cannot be read is the middle."""
    try:
        x, y = (max(-1.0, min(1.0, float(part))) for part in words.split(","))
    except ValueError:
        return ""
    return f"{x:.4g},{y:.4g}" if x == x and y == y else ""


def discard(tx: Tx, who: int, id: int) -> None:
    """Take it away before it is used. Raises `Conflict` when it hangs on something."""
    own(tx, who, id)
    used = tx.one(
        """SELECT 1 AS x FROM thing t WHERE t.removed IS NULL AND t.pictures LIKE :mark AND t.author IN
             (SELECT h.actor FROM hub h UNION SELECT p.actor FROM project p
              UNION SELECT a.id FROM actor a WHERE a.id = :who) LIMIT 1""",
        who=who, mark=f'%"media":{id}%',
    )  # fmt: skip
    shown = tx.one("SELECT 1 AS x FROM actor WHERE id = :who AND (picture = :id OR header = :id)", who=who, id=id)
    if used is not None or shown is not None:
        raise Conflict(N_("Media attachment is currently used by a status"), field="id")
    tx.run("DELETE FROM media WHERE id = :id", id=id)


_KEY = re.compile(r"[0-9a-f]{64}")
_MAGIC = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)
_DARKROOM = Path(__file__).with_name("darkroom.py")  # never imported: the decoders are to stay out of this process
_TURN = threading.Lock()  # one picture at a time: each may take half a gigabyte


def _develop(data: bytes, max_pixels: int) -> tuple[_Facts, bytes]:
    if not _TURN.acquire(timeout=PATIENCE):
        raise Conflict(N_("Many pictures are being uploaded just now. Please try again in a minute."))
    try:
        done = subprocess.run(  # noqa: S603 - our own file; the picture goes in by standard input
            [sys.executable, "-I", _DARKROOM, str(max_pixels)], input=data, env={}, cwd="/",
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _Facts(refused="time"), b""
    finally:
        _TURN.release()
    if done.returncode != 0:
        return _Facts(refused=f"exit {done.returncode}"), b""
    line, _, developed = done.stdout.partition(b"\n")
    return msgspec.json.decode(line, type=_Facts), developed


def _write(target: Path, data: bytes) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
