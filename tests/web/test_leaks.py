"""What is for followers or for a few is looked for wherever a stranger can look (S-31), and is not there."""

from collections.abc import Iterator

import httpx
import pytest
from browsing import Site
from scene import person, stranger

from federation import announce
from hub import neighbouring, reacting, relations, search, statuses, things, viewing
from hub.errors import NotFound
from hub.statuses import Draft
from hub.store import Tx

SECRET = "quokka"
ASKS = {"accept": "application/activity+json"}
FOR_FEW = ("followers", "direct")


class Scene:
    """Ann says something in public; then a secret word, as an answer to it and by itself; and pins what she can."""

    def __init__(self, tx: Tx, audience: str) -> None:
        ann, ben = person(tx, "ann"), person(tx, "ben")
        relations.follow(tx, ben, ann)
        far = stranger(tx)
        tx.run(
            "INSERT INTO follow (follower, followed, state, at) VALUES (:far, :ann, 'accepted', 1)", far=far, ann=ann
        )
        words = f"@ben @sunil@mastodon.example the {SECRET} #{SECRET}" if audience == "direct" else f"#{SECRET}"
        self.loud = statuses.publish(tx, ann, Draft("Everybody may read this"))
        self.quiet = statuses.publish(tx, ann, Draft(words, audience=audience))
        self.reply = statuses.publish(tx, ann, Draft(words, audience=audience, reply_to=self.loud.id))
        self.answer = statuses.publish(tx, ben, Draft("@ann indeed", reply_to=self.quiet.id))
        if audience == "followers":
            reacting.pin(tx, ann, self.quiet.id)
            reacting.share(tx, ann, self.quiet.id)
        self.ann, self.ben = ann, ben

    def addresses(self) -> Iterator[str]:
        """Everything of theirs that could be asked for, and what lists it."""
        for it in (self.quiet, self.reply):
            yield from (f"/post/{it.id}", f"/posts/{it.id}", f"/posts/{it.id}/change", f"/@ann/{it.id}")
            yield from (f"/post/{it.id}/{list}" for list in ("replies", "context", "likes", "shares"))
            yield from (f"/events/{it.id}", f"/asks/{it.id}", f"/event/{it.id}", f"/projects/{it.id}")
        for it in (self.loud, self.answer):
            yield from (f"/posts/{it.id}", f"/post/{it.id}", f"/post/{it.id}/replies?page=true")
            yield f"/post/{it.id}/context?page=true"
        for list in ("outbox", "featured", "followers", "following"):
            yield from (f"/actor/u-ann/{list}?page=true", f"/actor/u-ann/{list}")
        yield from ("/", "/@ann", "/actor/u-ann", f"/search?q={SECRET}", f"/tags/{SECRET}", f"/@t_{SECRET}", "/news",
                    "/feed.atom", "/feed.json", "/actor/hub/outbox?page=true", "/actor/outbox?page=true",
                    f"/actor/t_{SECRET}", "/nodeinfo/2.1", "/sitemap.xml")  # fmt: skip


async def scene(site: Site, audience: str) -> Scene:
    found: Scene = await site.did(Scene, audience)
    await site.did(neighbouring.spread)
    while await site.did(announced):
        pass
    return found


def announced(tx: Tx) -> int:

    return announce(tx)


@pytest.mark.parametrize("audience", FOR_FEW)
async def test_57_62_no_address_shows_a_stranger_what_was_said_to_few(site: Site, audience: str) -> None:
    it = await scene(site, audience)
    for path in it.addresses():
        for headers in (ASKS, {"accept": "text/html"}, {"accept": "application/atom+xml"}):
            answer = await site.guest.get(path, headers=headers)
            text = answer.text.replace(path, "").replace(f"{site.base}/post/{it.quiet.id}", "")  # what Ben answers
            if SECRET not in path:
                assert SECRET not in text, path
            for id in (it.quiet.id, it.reply.id):
                assert str(id) not in text, path


@pytest.mark.parametrize("audience", FOR_FEW)
@pytest.mark.parametrize("headers", [ASKS, {"accept": "text/html"}, {}], ids=["document", "page", "anything"])
async def test_56_57_it_answers_exactly_like_what_never_was_also_once_it_is_taken_back(
    site: Site, audience: str, headers: dict[str, str]
) -> None:
    it = await scene(site, audience)
    for taken_back in (False, True):
        if taken_back:
            await site.did(statuses.remove, it.ann, it.quiet.id)
        for path in ("/post/{}", "/posts/{}", "/post/{}/replies", "/post/{}/context", "/post/{}/replies?page=true"):
            never, few = [await told(site, path.format(id), headers) for id in (it.quiet.id + 1, it.quiet.id)]
            assert (few[0], few) == (404, never)


async def told(site: Site, path: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """All of an answer but what is different each time."""
    answer = await site.guest.get(path, headers=headers)
    number = path.split("/")[2].partition("?")[0]
    kept = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    kept = {name: value for name, value in kept.items() if name != "content-security-policy"}
    return answer.status_code, plain(answer, number), kept


def plain(answer: httpx.Response, number: str) -> str:
    return answer.text.replace(number, "N")


@pytest.mark.parametrize("audience", FOR_FEW)
async def test_56_nor_is_what_was_sent_to_be_read_at_its_address(site: Site, audience: str) -> None:
    await scene(site, audience)

    def private(tx: Tx) -> list[str]:
        return [row["uri"] for row in tx.all("SELECT uri FROM activity WHERE body LIKE :word", word=f"%{SECRET}%")]

    sent = await site.store.read(private)
    assert sent
    for uri in sent:
        assert (await site.guest.get(uri, headers=ASKS)).status_code == 404


@pytest.mark.parametrize("audience", FOR_FEW)
async def test_62_search_and_lists_of_the_neighbourhood_leave_it_out(site: Site, audience: str) -> None:
    it = await scene(site, audience)

    def found(tx: Tx) -> list[object]:
        return [search.things(tx, SECRET), [one.id for one in things.latest(tx, ("note", "reply"))
                                            if one.id in (it.quiet.id, it.reply.id)]]  # fmt: skip

    assert await site.store.read(found) == [[], []]


async def test_68_a_neighbour_who_is_not_meant_neither_answers_nor_shares_nor_likes_it(site: Site) -> None:
    it = await scene(site, "direct")

    def attempts(tx: Tx) -> None:
        cath = person(tx, "cath")
        for attempt in (
            lambda: reacting.like(tx, cath, it.quiet.id), lambda: reacting.share(tx, cath, it.quiet.id),
            lambda: statuses.publish(tx, cath, Draft("Aha", reply_to=it.quiet.id)),
            lambda: viewing.get(tx, cath, it.quiet.id),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                attempt()

    await site.did(attempts)


AP = "application/activity+json"


@pytest.mark.parametrize("asks", [AP, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'])
async def test_a_person_and_their_post_are_a_page_to_people_and_a_document_to_servers(site: Site, asks: str) -> None:
    it = await scene(site, "followers")
    actor, post = f"{site.base}/actor/u-ann", it.loud.uri
    for path, document in (("/@ann", actor), ("/actor/u-ann", actor), (it.loud.url, post), (post, post)):
        answer = await site.guest.get(path, headers={"accept": asks}, follow_redirects=True)
        assert (answer.status_code, answer.json()["id"], answer.headers["content-type"]) == (200, document, AP)
        page = await site.guest.get(path, headers={"accept": "text/html"}, follow_redirects=True)
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
        assert f'href="{document}"' in page.text
    for resource in ("acct:ann@glan.example", "https://glan.example/@ann", actor):
        found = (await site.guest.get("/.well-known/webfinger", params={"resource": resource})).json()
        assert [link["href"] for link in found["links"] if link["rel"] == "self"] == [actor]
    listed = (await site.guest.get("/actor/u-ann/outbox?page=true", headers=ASKS)).json()["orderedItems"]
    assert [one["object"]["id"] for one in listed] == [post]
