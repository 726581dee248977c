"""What one shows of oneself, takes along, brings along, and leaves behind."""

import io
import zipfile

import msgspec
import pytest
from browsing import Site, fields
from conftest import Clock
from scene import open_hub, party, person, stranger

from hub import (
    actors,
    apps,
    attendance,
    belongings,
    events,
    homes,
    leaving,
    lists,
    neighbouring,
    people,
    reacting,
    relations,
    statuses,
)
from hub.clock import DAY
from hub.errors import Conflict, Invalid
from hub.statuses import Draft
from hub.store import Store, Tx


def account(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    assert found is not None
    return found[0].actor


def life(tx: Tx) -> int:
    """Rhys follows, blocks, mutes, keeps, lists and says something. Returns his actor."""
    rhys, olwen, mo, sunil = account(tx, "rhys"), account(tx, "olwen"), account(tx, "mo"), stranger(tx)
    relations.follow(tx, rhys, olwen)
    relations.follow(tx, rhys, sunil)
    relations.block(tx, rhys, stranger(tx, "spammer", "spam.example"))
    relations.mute(tx, rhys, mo, notices=False)
    relations.mute_domain(tx, rhys, "loud.example")
    reacting.keep(tx, rhys, statuses.publish(tx, olwen, Draft("A heron")).id)
    lists.add(tx, rhys, lists.create(tx, rhys, "=Street").id, [olwen])
    statuses.publish(tx, rhys, Draft("My words"))
    return rhys


async def test_each_list_is_as_mastodon_reads_it_and_no_cell_is_a_formula(either: Site) -> None:
    await either.did(life)
    rhys = await either.who("rhys")

    async def sheet(kind: str) -> str:
        return (await rhys.get(f"/account/belongings/{kind}.csv")).text

    assert (await sheet("follows")).splitlines()[0] == "Account address,Show boosts,Notify on new posts,Languages"
    assert "olwen@glan.example,true,false," in await sheet("follows")
    assert "sunil@mastodon.example,true,false," in await sheet("follows")
    assert await sheet("blocks") == "Account address\nspammer@spam.example\n"
    assert await sheet("mutes") == "Account address,Hide notifications\nmo@glan.example,false\n"
    assert await sheet("domains") == "Domain\nloud.example\n"
    assert "https://glan.example/post/" in await sheet("bookmarks")
    assert "'=Street,olwen@glan.example" in await sheet("lists")
    assert (await rhys.get("/account/belongings/secrets.csv")).status_code == 404
    assert (await either.guest.get("/account/belongings/follows.csv")).status_code == 303


async def test_everything_is_in_one_file_and_nothing_of_others(either: Site) -> None:
    await either.did(life)
    await either.did(lambda tx: statuses.publish(tx, account(tx, "olwen"), Draft("@mo secret", audience="direct")))
    answer = await (await either.who("rhys")).get("/account/belongings/everything.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    told = msgspec.json.decode(archive.read("everything.json"))

    assert told["account"]["email"] == "rhys@glan.example"
    assert [post["words"] for post in told["posts"]] == [{"en": "My words"}]
    assert "password" not in told["account"]
    assert b"secret" not in archive.read("everything.json")
    assert "follows.csv" in archive.namelist()


@pytest.mark.parametrize(
    ("kind", "text", "lines"),
    [
        ("follows", "Account address,Show boosts\nann@a.example,true\n", [["ann@a.example", "true"]]),
        ("blocks", "ann@a.example\nben@b.example\n", [["ann@a.example"], ["ben@b.example"]]),
        ("domains", "#domain,#severity\nspam.example,silence\n", [["spam.example", "silence"]]),
        ("lists", "Friends,ann@a.example\n", [["Friends", "ann@a.example"]]),
        ("bookmarks", "https://a.example/1\nnonsense\n", [["https://a.example/1"]]),
    ],
)
def test_lists_are_read_with_and_without_their_head(kind: str, text: str, lines: list[list[str]]) -> None:
    assert belongings.read(text, kind) == lines


@pytest.mark.parametrize(("kind", "text"), [("follows", ""), ("bookmarks", "no address"), ("passwords", "a@b.example")])
def test_what_is_no_list_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Invalid):
        belongings.read(text, kind)


async def test_a_file_that_does_not_fit_is_refused_in_words(site: Site) -> None:
    rhys = await site.who("rhys")
    files = {"file": ("x.csv", b"\xff\xfe", "")}
    answer = await rhys.post("/account/belongings", data={"kind": "follows"}, files=files)

    assert answer.status_code == 422


async def test_one_list_of_a_kind_at_a_time(store: Store) -> None:
    def twice(tx: Tx) -> None:
        from_scene = open_hub(tx)
        for _ in range(2):
            belongings.begin(tx, from_scene, "follows", [["ann@a.example"]])

    with pytest.raises(Conflict):
        await store.write(twice)


async def test_ones_page_says_what_one_wants_it_to(site: Site) -> None:
    rhys = await site.who("rhys")
    form = fields((await rhys.get("/account/profile")).text, "/account/profile")
    typed = form | {"name": "Rhys the Bread", "note": "Baker. #Bread", "discoverable": "true", "label": ["Shop", ""],
                    "value": ["Mill Road", ""]}  # fmt: skip
    answer = await rhys.post("/account/profile", data=typed)
    assert answer.headers["location"] == "/@rhys?done=saved"
    page = (await site.guest.get("/@rhys")).text
    assert ("Rhys the Bread" in page, "Mill Road" in page, "noindex" in page) == (True, True, False)


async def test_a_profile_that_does_not_fit_keeps_what_was_typed(site: Site) -> None:
    rhys = await site.who("rhys")
    answer = await rhys.post("/account/profile", data={"name": "Rhys", "note": "x" * 501, "audience": "public"})

    assert answer.status_code == 422
    assert fields(answer.text, "/account/profile")["name"] == "Rhys"


async def test_who_leaves_has_a_week_to_think_better_of_it(site: Site, clock: Clock) -> None:
    rhys = await site.who("rhys")
    assert (await rhys.post("/account/leave", data={"name": "somebody"})).status_code == 422
    assert (await rhys.post("/account/leave", data={"name": "rhys"})).status_code == 303
    clock.forward(6 * DAY)
    assert await site.did(leaving.over) == 0
    await rhys.post("/account/leave/stay")
    clock.forward(2 * DAY)

    assert await site.did(leaving.over) == 0


async def test_after_a_week_nothing_of_theirs_is_left(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, int, int]:
        steward = open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        relations.follow(tx, ben, ann)
        said = statuses.publish(tx, ann, Draft("My words")).id
        event = events.publish(tx, steward, party()).id
        attendance.answer(tx, event, ann, "yes")
        app, _ = apps.register(tx, apps.Draft("App", ("urn:ietf:wg:oauth:2.0:oob",), "read"))
        apps.let_in(tx, ann, app, "read")
        leaving.begin(tx, ann)
        return ann, said, event, ben

    ann, _, event, ben = await store.write(scene)
    clock.forward(7 * DAY)
    assert await store.write(leaving.over) == 1

    def left(tx: Tx) -> list[object]:
        row = tx.one("SELECT email, password, closed FROM account WHERE actor = :ann", ann=ann)
        assert row is not None
        tokens = tx.one("SELECT count(*) AS n FROM token WHERE account = :ann", ann=ann)
        assert tokens is not None
        return [row["email"], row["password"], row["closed"] is not None, tokens["n"], events.get(tx, event).going,
                actors.get(tx, ann).removed is not None, len(homes.page(tx, ben))]  # fmt: skip

    assert await store.read(left) == [f"gone-{ann}", "", True, 0, 0, True, 0]


async def test_their_name_is_never_given_to_anybody_else(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        leaving.go(tx, person(tx, "ann"))
        person(tx, "ann")

    with pytest.raises(Conflict):
        await store.write(scene)


async def test_the_last_steward_cannot_leave(store: Store) -> None:
    with pytest.raises(Conflict):
        await store.write(lambda tx: leaving.begin(tx, open_hub(tx)))


async def test_lists_on_the_page(site: Site) -> None:
    await site.did(lambda tx: relations.follow(tx, account(tx, "rhys"), account(tx, "olwen")))
    await site.did(lambda tx: statuses.publish(tx, account(tx, "olwen"), Draft("A heron")))
    await site.did(neighbouring.spread)
    rhys, olwen = await site.who("rhys"), await site.did(account, "olwen")
    where = (await rhys.post("/lists", data={"title": "Street"})).headers["location"].partition("?")[0]
    assert "A heron" not in (await rhys.get(where)).text
    await rhys.post(f"{where}/members", data={"actor": str(olwen)})
    assert "A heron" in (await rhys.get(where)).text
    assert (await (await site.who("mo")).get(where)).status_code == 404
    assert (await rhys.post("/lists", data={"title": " "})).status_code == 422
    await rhys.post(f"{where}/members", data={"actor": str(olwen), "deed": "remove"})
    assert "A heron" not in (await rhys.get(where)).text
    await rhys.post(f"{where}/remove")
    assert (await rhys.get(where)).status_code == 404
