"""Passwords: which will do, and how they are kept and compared."""

import base64
import os
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub.errors import N_, Invalid

SHORTEST, LONGEST = 12, 256  # characters, of which none is cut off
MEMORY, PASSES, LANES = 19_456, 2, 1  # Argon2id: KiB, rounds, lanes (OWASP's minimum; 36 ms here)
FEW = 5  # different signs that a password has at least
PARTS = 2  # different common words of which alone none may be made
_PREFIX = f"$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}$"
_FIGURES = [str.maketrans("013457@$!", one) for one in ("oieastasi", "oleastasl")]  # for the letters they look like
_LONGEST_WORD = 25  # of common.txt


def check_new_password(password: str, *personal: str) -> None:
    """Raises `Invalid` for a password that is too short, too long, or made of what others would try first.

    `personal` is what everybody knows about them and their hub: names, addresses.
    """
    password = unicodedata.normalize("NFC", password)
    if len(password) < SHORTEST:
        raise Invalid(
            N_("Use at least 12 characters. Three words that only you would put together are good."), field="password"
        )
    if len(password) > LONGEST:
        raise Invalid(N_("Use at most 256 characters."), field="password")
    if _easy(password, personal):
        raise Invalid(
            N_("That password is too easy to guess: many people use it, or it is made of names. Choose another."),
            field="password",
        )


def hash_password(password: str) -> str:
    """Argon2id as a PHC string. Takes some 36 ms of work and 19 MiB: never call it inside a transaction."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY)
    return kdf.derive_phc_encoded(unicodedata.normalize("NFC", password).encode())


_NOBODY = _PREFIX + "$".join(base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))


def password_fits(password: str, kept: str | None) -> bool:
    """Compare; as slow for an account that does not exist (`kept` is `None`) as for one that does."""
    try:
        Argon2id.verify_phc_encoded(unicodedata.normalize("NFC", password).encode(), kept or _NOBODY)
    except InvalidKey:
        return False
    return bool(kept)


def stale(kept: str) -> bool:
    """Whether this hash was made at other costs than today's, and is made anew while the password is at hand."""
    return not kept.startswith(_PREFIX)


# What is easy to guess


@cache
def common() -> frozenset[str]:
    """The words of `common.txt`: how they were gathered is said in it."""
    lines = Path(__file__).with_name("common.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split() if len(word) > 2)


def _easy(password: str, personal: tuple[str, ...]) -> bool:
    plain = _fold(password)
    if len(set(plain)) < FEW or _repeats(plain):
        return True
    theirs = frozenset(_theirs(personal))
    return any(_made_of(form, theirs) for form in _forms(plain))


def _fold(words: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", words.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _repeats(plain: str) -> bool:
    """The same few signs again and again (`abcdabcdabcd`), or one after the other (`123456789012`)."""
    if (plain + plain).find(plain, 1) <= min(6, len(plain) // 2):
        return True
    steps = [(ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(plain)]
    return sum(step in (-1, 0, 1, 9) for step in steps) >= len(steps) - 1


def _theirs(personal: tuple[str, ...]) -> Iterator[str]:
    for words in map(_fold, personal):
        yield re.sub(r"[^a-z0-9]", "", words)
        yield from (part for part in re.split(r"[^a-z0-9]+", words) if len(part) > 3)


def _forms(plain: str) -> Iterator[str]:
    """The password without its signs, as it is and with the figures inside it read as letters."""
    yield re.sub(r"[^\w]|_", "", plain)
    core = re.sub(r"^[^a-z@$]+|[^a-z]+$", "", plain)
    for figures in _FIGURES:
        yield re.sub(r"[^\w]|_", "", core.translate(figures))


def _made_of(form: str, theirs: frozenset[str]) -> bool:
    """Whether it is one or two of these words, in any order and number, and figures."""
    reached: list[set[frozenset[str]]] = [set() for _ in range(len(form) + 1)]
    reached[0].add(frozenset())
    longest = max([_LONGEST_WORD, *map(len, theirs)])
    for at, ways in enumerate(reached[:-1]):
        if not ways:
            continue
        if form[at].isdigit():
            reached[at + 1] |= ways
        for end in range(at + 3, min(at + longest, len(form)) + 1):
            word = form[at:end]
            if word in theirs or word in common():
                reached[end] |= {way | {word} for way in ways if len(way | {word}) <= PARTS}
    return any(reached[-1])
