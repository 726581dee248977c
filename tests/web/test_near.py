"""The hubs near us, on a map and in a list; who knows us, and what a steward makes of it."""

import re
from math import hypot

import pytest
from browsing import Site
from conftest import Clock
from neighbours import HERE, many, mutual, remembered, state, tell, verified

from hub import directory, settings
from hub.directory import Entry
from hub.places import distance
from hub.settings import Hub
from hub.store import Tx
from web import neighbours

LAT, LON = HERE


def somewhere(tx: Tx) -> None:
    """Two friends, one whom both vouch for, one whom only one names, one who has not answered, one far away."""
    mutual(tx, "penarth.example", at=(LAT - 0.05, LON))
    mutual(tx, "barry.example", at=(LAT - 0.06, LON - 0.1), area="")
    mutual(tx, "wales.example", at=None)
    for friend in ("penarth.example", "barry.example"):
        tell(tx, friend, "cwm.example")
    verified(tx, "cwm.example", at=(LAT, LON + 0.02))
    tell(tx, "penarth.example", "llandaf.example", "silent.example", relation="heard")
    verified(tx, "llandaf.example")


async def shown(site: Site, lang: str = "en") -> str:
    return (await site.guest.get(f"/near?lang={lang}")).text


def spoken(page: str) -> str:
    """The words of a page, as they are read out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<wbr>|</?span[^>]*>|</?b>", "", page)))


async def steward(site: Site) -> str:
    return (await (await site.who("bethan")).get("/steward/hubs?lang=en")).text


# --- the map ---------------------------------------------------------------------------------------


async def around(site: Site, places: dict[str, tuple[float, float] | None]) -> list[neighbours.Neighbour]:
    def scene(tx: Tx) -> list[Entry]:
        for host, at in places.items():
            mutual(tx, host, at=at)
        return directory.shown(tx)

    return neighbours.look_around(HERE, await site.did(scene))


async def test_the_map_is_true_to_scale_and_north_is_up(site: Site, clock: Clock) -> None:
    found = await around(site, {"n.example": (LAT + 0.09, LON), "e.example": (LAT, LON + 0.0722)})
    drawn = neighbours.draw(HERE, found)
    assert drawn is not None
    assert [ring.km for ring in drawn.rings] == [10, 20]
    unit = drawn.rings[1].radius / 20
    east, north = drawn.dots
    assert (round((east.x - drawn.middle) / unit), round((east.y - drawn.middle) / unit)) == (5, 0)
    assert (round((north.x - drawn.middle) / unit), round((north.y - drawn.middle) / unit)) == (0, -10)
    assert [one.way for one in found] == ["e", "n"]
    for dot, one in zip(drawn.dots, found, strict=True):
        assert one.entry.position
        far = hypot(dot.x - drawn.middle, dot.y - drawn.middle) / unit
        assert far == pytest.approx(distance(HERE, one.entry.position), abs=0.05)


@pytest.mark.parametrize(
    ("step", "way"),
    [((1, 0), "n"), ((1, 1.6), "ne"), ((0, 1), "e"), ((-1, 1.6), "se"), ((-1, 0), "s"), ((-1, -1.6), "sw"),
     ((0, -1), "w"), ((1, -1.6), "nw"), ((0, 0), "")],
)  # fmt: skip
async def test_each_direction_has_its_name(site: Site, clock: Clock, step: tuple[float, float], way: str) -> None:
    found = await around(site, {"there.example": (LAT + step[0] / 10, LON + step[1] / 10)})
    assert found[0].way == way


async def test_numbers_do_not_cover_each_other_nor_us_and_stay_on_the_paper(site: Site, clock: Clock) -> None:
    found = await around(site, dict.fromkeys(many(12), HERE))
    drawn = neighbours.draw(HERE, found)
    assert drawn is not None
    spots = [(drawn.middle, drawn.middle), *((dot.at_x, dot.at_y) for dot in drawn.dots)]
    for n, one in enumerate(spots):
        assert all(neighbours.LABEL - 0.1 <= part <= drawn.side - neighbours.LABEL + 0.1 for part in one)
        assert all(hypot(one[0] - other[0], one[1] - other[1]) >= neighbours.APART - 0.2 for other in spots[:n])
    assert {(dot.x, dot.y) for dot in drawn.dots} == {(drawn.middle, drawn.middle)}, "the places themselves are true"


async def test_one_hub_at_the_other_end_of_the_country_does_not_crowd_the_rest(site: Site, clock: Clock) -> None:
    places = {host: (LAT + 0.005 * n, LON) for n, host in enumerate(many(8), 1)} | {"far.example": (57.1, -2.1)}
    found = await around(site, dict(places))
    drawn = neighbours.draw(HERE, found)
    assert drawn is not None
    assert (drawn.rings[-1].km, len(drawn.dots)) == (5, 8)
    assert found[-1].number == 0


async def test_there_are_at_most_fifteen_on_the_map(site: Site, clock: Clock) -> None:
    found = await around(site, dict.fromkeys(many(20), (LAT + 0.01, LON)))
    assert [one.number for one in found] == [*range(1, 16), 0, 0, 0, 0, 0]


@pytest.mark.parametrize("here", [None, (89.9, 0.0), (-16.0, 179.9)])
def test_no_place_on_earth_breaks_the_map(here: tuple[float, float] | None) -> None:
    drawn = neighbours.draw(here, neighbours.look_around(here, []))
    assert drawn is None


# --- what residents see ----------------------------------------------------------------------------


async def test_residents_see_who_is_vouched_for_with_where_it_is_and_nobody_else(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    page = await shown(site)
    names = re.findall(r'<h3><a href="([^"]+)" rel="nofollow">([^<]+)</a>', page)
    assert names == [
        ("https://cwm.example/", "Cwm"), ("https://penarth.example/", "Penarth"), ("https://barry.example/", "Barry"),
        ("https://wales.example/", "Wales"),
    ]  # fmt: skip
    words = spoken(page)
    assert "Splott ward, 1.4 km to the east" in words
    assert "cwm.example 2 hubs that we trust follow it, known since 1 May" in words
    assert "They do not say where they are" in words
    assert "llandaf" not in page
    assert "silent" not in page


async def test_the_map_has_its_words_beside_it_and_nothing_from_elsewhere(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    page = await shown(site)
    drawing = re.search(r'<figure class="around">.*?</figure>', page, re.DOTALL)
    assert drawing is not None
    assert 'role="img" aria-labelledby="map-title map-words"' in drawing[0]
    assert len(re.findall('class="mark"', drawing[0])) == len(re.findall(r'id="hub-\d+"', page)) == 3
    assert not re.search(r"(src|url\(|xlink|<image|<script|style=)", drawing[0])


async def test_the_page_speaks_welsh(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    page = await shown(site, "cy")
    for words in (
        "Hybiau yn ein hymyl",
        "i’r dwyrain",
        "Gogledd",
        "Rydyn ni’n dilyn ein gilydd",
        "yn hysbys ers 1 Mai",
    ):
        assert words in page


async def test_without_any_hub_the_page_says_what_to_do(site: Site) -> None:
    page = await shown(site)
    assert "We know no other hub yet" in page
    assert "<figure" not in page


async def test_a_hub_that_is_nowhere_lists_others_without_distances(site: Site, clock: Clock) -> None:
    await site.did(somewhere)

    def lost(tx: Tx) -> None:
        tx.run("UPDATE actor SET lat = NULL, lon = NULL WHERE id = :id", id=settings.get(tx).actor)
        tx.run("UPDATE hub SET welcome = welcome")

    await site.did(lost)
    site.app.state.seen = -1
    page = await shown(site)
    assert "<figure" not in page
    assert " km " not in page
    assert "Our own hub does not say where it is" in page
    assert page.count("<h3>") == 4


async def test_what_a_hub_calls_itself_stays_words(site: Site, clock: Clock) -> None:
    def scene(tx: Tx) -> None:
        mutual(tx, "evil.example", area="<script>alert(1)</script>")
        tx.run("UPDATE actor SET name = :name WHERE domain = 'evil.example'", name='{"en": "<img src=x onerror=a>"}')

    await site.did(scene)
    for page in (await shown(site), await steward(site)):
        assert "<img src=x" not in page
        assert "<script>" not in page


# --- what a steward sees and decides ---------------------------------------------------------------


async def test_a_steward_sees_who_named_whom_and_who_names_us(site: Site, clock: Clock) -> None:
    def scene(tx: Tx) -> None:
        somewhere(tx)
        tell(tx, "penarth.example", "glan.example", relation="mutual")

    await site.did(scene)
    words = spoken(await steward(site))
    assert "Llandaf llandaf.example · Splott ward Named by penarth.example Show it" in words
    assert "Named by barry.example (follows it), penarth.example (follows it)" in words
    assert "Names: 1 of at most 500." in words
    assert "silent.example Named by penarth.example Not asked yet." in words
    assert "They tell others of us Penarth seen in its list just now" in words


async def test_a_steward_shows_refuses_and_allows_again(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    bethan = await site.who("bethan")
    for act, after, seen in (("show", "visible", True), ("refuse", "refused", False), ("show", "candidate", False)):
        answer = await bethan.post("/steward/hubs", data={"host": "llandaf.example", "act": act})
        assert answer.headers["location"] == f"/steward/hubs?done=hub-{act}"
        assert await site.store.read(state, "llandaf.example") == after
        assert ("llandaf.example" in await shown(site)) == seen


@pytest.mark.parametrize(
    ("typed", "status"),
    [({"host": "llandaf.example", "act": "burn"}, 303), ({}, 303), ({"host": "nowhere.example", "act": "show"}, 404)],
)
async def test_what_cannot_be_decided_changes_nothing(
    site: Site, clock: Clock, typed: dict[str, str], status: int
) -> None:
    await site.did(somewhere)
    answer = await (await site.who("bethan")).post("/steward/hubs", data=typed)
    assert answer.status_code == status
    assert await site.store.read(state, "llandaf.example") == "verified"


async def test_only_stewards_see_and_decide(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    mo = await site.who("mo")
    assert (await mo.get("/steward/hubs")).status_code == 403
    assert (await mo.post("/steward/hubs", data={"host": "llandaf.example", "act": "show"})).status_code == 403
    assert (await mo.post("/steward/hubs/rule", data={"km": "10"})).status_code == 403
    assert await site.store.read(state, "llandaf.example") == "verified"
    assert await site.store.read(directory.near) == 0


async def test_a_steward_says_how_near_and_takes_it_back(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    bethan = await site.who("bethan")
    saved = await bethan.post("/steward/hubs/rule", data={"km": "7.5"})
    assert saved.headers["location"] == "/steward/hubs?done=hub-rule"
    assert await site.store.read(directory.near) == 7.5
    assert 'value="7.5"' in (await bethan.get("/steward/hubs")).text
    assert (await site.store.read(directory.get, "cwm.example")).by_rule, "and whoever is near is followed at once"
    for wrong in ("0.2", "400", "far"):
        refused = await bethan.post("/steward/hubs/rule", data={"km": wrong})
        assert (refused.status_code, f'value="{wrong}"' in refused.text) == (422, True)
    await bethan.post("/steward/hubs/rule", data={"km": ""})
    assert await site.store.read(directory.near) == 0


async def test_a_long_queue_is_told_by_its_number(site: Site, clock: Clock) -> None:
    def scene(tx: Tx) -> Hub:
        for peer in range(3):
            tell(tx, f"peer{peer}.example", *many(50, f"p{peer}x"))
        remembered(tx, "penarth.example")
        return settings.get(tx)

    await site.did(scene)
    page = await steward(site)
    assert "Names: 150 of at most 500." in page
    assert "And 50 more." in page


async def test_hubs_near_us_that_nobody_vouches_for_wait_on_the_stewards_first_page(site: Site, clock: Clock) -> None:
    await site.did(somewhere)
    await site.did(verified, "far.example")
    await site.did(lambda tx: remembered(tx, "far.example", at=(57.1, -2.1)))
    bethan, mo = await site.who("bethan"), await site.who("mo")
    assert "1 hub near us that residents do not see yet" in (await bethan.get("/steward?lang=en")).text
    assert "near us that residents" not in (await mo.get("/steward?lang=en")).text
    listed = re.findall(
        r'name="host" value="([^"]+)"><input type="hidden" name="act" value="show"', await steward(site)
    )
    assert listed == ["llandaf.example", "far.example"], "the nearest first"
