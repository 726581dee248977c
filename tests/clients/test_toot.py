"""Siân lives on her terminal: toot signs in by the page that shows a code, and says what the hub tells it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from processes import PATIENCE, Hub, until
from telephones import let_in, picture

pytestmark = pytest.mark.clients
TOOT = str(Path(sys.executable).with_name("toot"))


class Terminal:
    """Where somebody calls toot. `done` is which commands they gave."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.done = hub, set[str]()
        folder.mkdir()
        assert hub.tls is not None
        self.environment = os.environ | {
            "XDG_CONFIG_HOME": str(folder), "REQUESTS_CA_BUNDLE": str(hub.tls[1]), "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "*", "PYTHONWARNINGS": "ignore",
        }  # fmt: skip

    def sign_in(self, name: str) -> None:
        """Copy the address into a browser, and the code from there back."""
        with subprocess.Popen(
            [TOOT, "login", "--instance", self.hub.base], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as toot:  # fmt: skip
            assert toot.stdin is not None
            assert toot.stdout is not None
            address = next((line.strip() for line in toot.stdout if line.startswith(self.hub.base)), "")
            assert address
            said, _ = toot.communicate(f"n\n{let_in(self.hub, name, address)}\n", timeout=PATIENCE)
        assert "Successfully logged in" in said, said
        self.done.add("login")

    def __call__(self, *words: str) -> str:
        """What toot says to a command that it takes."""
        ran = subprocess.run(
            [TOOT, *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
        self.done.add(" ".join(words[: 2 if words[0] in ("lists", "tags", "timelines", "polls") else 1]))
        return ran.stdout

    def told(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


def test_somebody_on_a_terminal_signs_in_by_a_code_and_gives_many_commands(
    hubs: tuple[Hub, Hub], tmp_path: Path
) -> None:
    river, _ = hubs
    sian, tom = Terminal(river, tmp_path / "sian"), Terminal(river, tmp_path / "tom")
    sian.sign_in("sian")
    tom.sign_in("tom")
    reads_about(sian)
    said = speaks(sian, tmp_path)
    answers(sian, tom, said)
    sorts(sian)
    keeps_away(sian)
    assert "deleted" in sian("delete", said)
    assert "The gate is painted" not in sian("timelines", "home", "--no-pager")
    assert "logged out" in sian("logout", f"sian@{river.domain}")
    assert len(sian.done | tom.done) >= 15, sian.done | tom.done
    print(f"\ntoot: {len(sian.done | tom.done)} different commands")


def reads_about(sian: Terminal) -> None:
    assert "@sian" in sian("whoami")
    told = sian("instance")
    assert "Riverside" in told
    assert sian.hub.domain in told
    assert "@tom" in sian("whois", "tom")
    assert "@tom" in sian("search", "tom")


def speaks(sian: Terminal, folder: Path) -> str:
    """Gives the number of what was said first."""
    said = str(sian.told("post", "The gate is painted. #gate")["id"])
    file = folder / "gate.png"
    file.write_bytes(picture("olive").read())
    shown = sian.told("post", "Like this.", "--media", str(file), "--description", "A green gate", "--reply-to", said)
    assert shown["media_attachments"][0]["description"] == "A green gate"
    asked = sian.told("post", "And the door?", "--poll-option", "Green", "--poll-option", "Red")
    assert [one["title"] for one in asked["poll"]["options"]] == ["Green", "Red"]
    assert "Green" in sian("polls", "show", asked["poll"]["id"])
    assert "scheduled" in sian("post", "In a week.", "--scheduled-in", "7d").lower()
    assert "The gate is painted" in sian("status", said)
    thread = sian("thread", said)
    assert thread.index("The gate is painted") < thread.index("Like this.")
    assert "The gate is painted" in sian("timelines", "tag", "gate", "--no-pager")
    assert "And the door?" in sian("timelines", "public", "--local", "--no-pager")
    return said


def answers(sian: Terminal, tom: Terminal, said: str) -> None:
    assert "following" in tom("follow", "sian")
    assert "sian" in tom("following")
    assert "favourited" in tom("favourite", said)
    assert "reblogged" in tom("reblog", said)
    assert "bookmarked" in tom("bookmark", said)
    assert "The gate is painted" in tom("bookmarks")
    assert "tom" in sian("reblogged-by", said)
    told = until(lambda: (words := sian("notifications")) and "now follows you" in words and words, "the notices")
    assert "favourited" in told
    assert "boosted" in told
    assert "cleared" in sian("notifications", "--clear").lower()
    assert "unfavourited" in tom("unfavourite", said)
    assert "unreblogged" in tom("unreblog", said)
    assert "tom" in sian("followers")
    assert "no longer following" in tom("unfollow", "sian")


def sorts(sian: Terminal) -> None:
    assert "created" in sian("lists", "create", "Neighbours")
    sian("follow", "tom")
    assert "Added" in sian("lists", "add", "Neighbours", "tom")
    assert re.search(r"\btom\b", sian("lists", "accounts", "Neighbours"))
    assert "Neighbours" in sian("lists", "list")
    assert "deleted" in sian("lists", "delete", "Neighbours")
    assert "following" in sian("tags", "follow", "gate")
    assert "gate" in sian("tags", "followed")
    assert "#gate" in sian("tags", "info", "gate")


def keeps_away(sian: Terminal) -> None:
    assert "have muted" in sian("mute", "tom")
    assert "tom" in sian("muted")
    assert "no longer muted" in sian("unmute", "tom")
    assert "now blocking" in sian("block", "tom")
    assert "tom" in sian("blocked")
    assert "no longer blocked" in sian("unblock", "tom")
