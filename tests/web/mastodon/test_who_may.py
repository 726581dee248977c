"""Who may call what: every call of the API, by everybody who should be refused. A call that is not in the table fails.

A line says who may call (`everybody`, `app`: also one that acts for nobody, `person`, `staff`), with which scope (`-`:
any token), and what of Ann's stands in the blank, or in what is sent: nobody else may reach it. `-`: nothing of hers.
`theirs`: something that everybody may look at. `stream`: it has no end, so that only refusals are looked at.
"""

from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from browsing import Site
from calls import do, me
from mastodon_apps import OF_RESIDENTS, app_with, token_for

from hub import apps, neighbouring, people, scopes
from hub.clock import HOUR, now
from hub.store import Tx
from web.mastodon import gate
from web.mastodon.api import DISABLED, INVALID_TOKEN, NEEDS_USER, NO_ADMIN, OUTSIDE
from web.mastodon.shapes import stamp

SECRET = "quillwort"  # in everything of Ann's that is hers alone
TABLE = """
everybody -                     -         POST /api/v1/apps
app       -                     -         GET /api/v1/apps/verify_credentials
person    profile               -         GET /oauth/userinfo
everybody read:statuses         -         GET /api/v1/statuses
person    write:statuses        -         POST /api/v1/statuses
everybody read:statuses         status    GET /api/v1/statuses/{id}
person    write:statuses        status    PUT /api/v1/statuses/{id}
person    write:statuses        status    DELETE /api/v1/statuses/{id}
everybody read:statuses         status    GET /api/v1/statuses/{id}/context
person    read:statuses         status    GET /api/v1/statuses/{id}/source
everybody read:statuses         status    GET /api/v1/statuses/{id}/history
person    read:statuses         status    POST /api/v1/statuses/{id}/translate
person    write:favourites      status    POST /api/v1/statuses/{id}/favourite
person    write:favourites      status    POST /api/v1/statuses/{id}/unfavourite
person    write:statuses        status    POST /api/v1/statuses/{id}/reblog
person    write:statuses        status    POST /api/v1/statuses/{id}/unreblog
person    write:bookmarks       status    POST /api/v1/statuses/{id}/bookmark
person    write:bookmarks       status    POST /api/v1/statuses/{id}/unbookmark
person    write:accounts        status    POST /api/v1/statuses/{id}/pin
person    write:accounts        status    POST /api/v1/statuses/{id}/unpin
person    write:mutes           status    POST /api/v1/statuses/{id}/mute
person    write:mutes           status    POST /api/v1/statuses/{id}/unmute
everybody read:accounts         status    GET /api/v1/statuses/{id}/favourited_by
everybody read:accounts         status    GET /api/v1/statuses/{id}/reblogged_by
person    read:statuses         -         GET /api/v1/scheduled_statuses
person    read:statuses         scheduled GET /api/v1/scheduled_statuses/{id}
person    write:statuses        scheduled PUT /api/v1/scheduled_statuses/{id}
person    write:statuses        scheduled DELETE /api/v1/scheduled_statuses/{id}
person    read:statuses         -         GET /api/v1/timelines/home
everybody read:statuses         -         GET /api/v1/timelines/public
everybody read:statuses         tag       GET /api/v1/timelines/tag/{tag}
person    read:lists            list      GET /api/v1/timelines/list/{id}
everybody read:statuses         -         GET /api/v1/timelines/link
person    read:statuses         -         GET /api/v1/timelines/direct
person    read:favourites       -         GET /api/v1/favourites
person    read:bookmarks        -         GET /api/v1/bookmarks
everybody read:statuses         theirs    GET /api/v1/accounts/{id}/statuses
everybody read:statuses         status    GET /api/v1/polls/{id}
person    write:statuses        status    POST /api/v1/polls/{id}/votes
person    write:media           -         POST /api/v1/media
person    write:media           -         POST /api/v2/media
person    write:media           media     GET /api/v1/media/{id}
person    write:media           media     PUT /api/v1/media/{id}
person    write:media           media     DELETE /api/v1/media/{id}
person    read:notifications    -         GET /api/v1/notifications
person    read:notifications    -         GET /api/v1/notifications/unread_count
person    read:notifications    notice    GET /api/v1/notifications/{id}
person    write:notifications   -         POST /api/v1/notifications/clear
person    write:notifications   -         POST /api/v1/notifications/dismiss
person    write:notifications   nothing   POST /api/v1/notifications/{id}/dismiss
person    read:notifications    -         GET /api/v2/notifications
person    read:notifications    -         GET /api/v2/notifications/unread_count
person    read:notifications    group     GET /api/v2/notifications/{group_key}
person    read:notifications    nothing   GET /api/v2/notifications/{group_key}/accounts
person    write:notifications   nothing   POST /api/v2/notifications/{group_key}/dismiss
person    read:notifications    -         GET /api/v2/notifications/policy
person    write:notifications   -         PATCH /api/v2/notifications/policy
person    write:notifications   -         PUT /api/v2/notifications/policy
person    read:notifications    -         GET /api/v1/notifications/policy
person    write:notifications   -         PATCH /api/v1/notifications/policy
person    write:notifications   -         PUT /api/v1/notifications/policy
person    read:notifications    -         GET /api/v1/notifications/requests
person    read:notifications    -         GET /api/v1/notifications/requests/merged
person    write:notifications   -         POST /api/v1/notifications/requests/accept
person    write:notifications   -         POST /api/v1/notifications/requests/dismiss
person    read:notifications    nothing   GET /api/v1/notifications/requests/{id}
person    write:notifications   nothing   POST /api/v1/notifications/requests/{id}/accept
person    write:notifications   nothing   POST /api/v1/notifications/requests/{id}/dismiss
person    read:statuses         -         GET /api/v1/conversations
person    write:conversations   talk      POST /api/v1/conversations/{id}/read
person    write:conversations   talk      POST /api/v1/conversations/{id}/unread
person    write:conversations   talk      DELETE /api/v1/conversations/{id}
person    push                  -         GET /api/v1/push/subscription
person    push                  -         POST /api/v1/push/subscription
person    push                  -         PUT /api/v1/push/subscription
person    push                  -         DELETE /api/v1/push/subscription
everybody -                     -         GET /api/v1/streaming/health
stream    -                     -         GET /api/v1/streaming/user
stream    -                     -         GET /api/v1/streaming/user/notification
stream    -                     -         GET /api/v1/streaming/public
stream    -                     -         GET /api/v1/streaming/public/local
stream    -                     -         GET /api/v1/streaming/public/remote
stream    -                     -         GET /api/v1/streaming/hashtag
stream    -                     -         GET /api/v1/streaming/hashtag/local
stream    -                     -         GET /api/v1/streaming/list
stream    -                     -         GET /api/v1/streaming/direct
everybody -                     -         GET /api/v2/instance
everybody -                     -         GET /api/v1/instance
everybody -                     -         GET /api/v1/instance/rules
everybody -                     -         GET /api/v1/instance/peers
everybody -                     -         GET /api/v1/instance/activity
everybody -                     -         GET /api/v1/instance/extended_description
everybody -                     -         GET /api/v1/instance/privacy_policy
everybody -                     -         GET /api/v1/instance/translation_languages
everybody -                     -         GET /api/v1/instance/languages
everybody -                     -         GET /api/v1/custom_emojis
person    profile,read:accounts -         GET /api/v1/accounts/verify_credentials
person    write:accounts        -         PATCH /api/v1/accounts/update_credentials
person    write:accounts        -         DELETE /api/v1/profile/avatar
person    write:accounts        -         DELETE /api/v1/profile/header
person    read:accounts         -         GET /api/v1/preferences
everybody read:accounts         -         GET /api/v1/accounts
app       write:accounts        -         POST /api/v1/accounts
everybody read:accounts         -         GET /api/v1/accounts/lookup
person    read:accounts         -         GET /api/v1/accounts/search
person    read:follows          -         GET /api/v1/accounts/familiar_followers
everybody read:accounts         theirs    GET /api/v1/accounts/{id}
everybody read:accounts         theirs    GET /api/v1/accounts/{id}/followers
everybody read:accounts         theirs    GET /api/v1/accounts/{id}/following
everybody read:accounts         theirs    GET /api/v1/accounts/{id}/endorsements
everybody read:accounts         theirs    GET /api/v1/accounts/{id}/featured_tags
person    read:lists            theirs    GET /api/v1/accounts/{id}/lists
everybody read:accounts         theirs    GET /api/v1/accounts/{id}/identity_proofs
person    read:accounts         -         GET /api/v1/endorsements
person    read:follows          theirs    GET /api/v1/accounts/relationships
person    write:follows         theirs    POST /api/v1/accounts/{id}/follow
person    write:follows         theirs    POST /api/v1/accounts/{id}/unfollow
person    write:follows         theirs    POST /api/v1/accounts/{id}/remove_from_followers
person    write:blocks          theirs    POST /api/v1/accounts/{id}/block
person    write:blocks          theirs    POST /api/v1/accounts/{id}/unblock
person    write:mutes           theirs    POST /api/v1/accounts/{id}/mute
person    write:mutes           theirs    POST /api/v1/accounts/{id}/unmute
person    write:accounts        theirs    POST /api/v1/accounts/{id}/note
person    write:accounts        theirs    POST /api/v1/accounts/{id}/pin
person    write:accounts        theirs    POST /api/v1/accounts/{id}/unpin
person    write:accounts        theirs    POST /api/v1/accounts/{id}/endorse
person    write:accounts        theirs    POST /api/v1/accounts/{id}/unendorse
person    read:follows          -         GET /api/v1/follow_requests
person    write:follows         asking    POST /api/v1/follow_requests/{id}/authorize
person    write:follows         asking    POST /api/v1/follow_requests/{id}/reject
person    read:blocks           -         GET /api/v1/blocks
person    read:mutes            -         GET /api/v1/mutes
person    read:blocks           -         GET /api/v1/domain_blocks
person    write:blocks          -         POST /api/v1/domain_blocks
person    write:blocks          -         DELETE /api/v1/domain_blocks
person    read:lists            -         GET /api/v1/lists
person    write:lists           -         POST /api/v1/lists
person    read:lists            list      GET /api/v1/lists/{id}
person    write:lists           list      PUT /api/v1/lists/{id}
person    write:lists           list      DELETE /api/v1/lists/{id}
person    read:lists            list      GET /api/v1/lists/{id}/accounts
person    write:lists           list      POST /api/v1/lists/{id}/accounts
person    write:lists           list      DELETE /api/v1/lists/{id}/accounts
person    read:filters          -         GET /api/v2/filters
person    write:filters         -         POST /api/v2/filters
person    read:filters          filter    GET /api/v2/filters/{id}
person    write:filters         filter    PUT /api/v2/filters/{id}
person    write:filters         filter    DELETE /api/v2/filters/{id}
person    read:filters          filter    GET /api/v2/filters/{id}/keywords
person    write:filters         filter    POST /api/v2/filters/{id}/keywords
person    read:filters          keyword   GET /api/v2/filters/keywords/{id}
person    write:filters         keyword   PUT /api/v2/filters/keywords/{id}
person    write:filters         keyword   DELETE /api/v2/filters/keywords/{id}
person    read:filters          filter    GET /api/v2/filters/{id}/statuses
person    write:filters         filter    POST /api/v2/filters/{id}/statuses
person    read:filters          filtered  GET /api/v2/filters/statuses/{id}
person    write:filters         filtered  DELETE /api/v2/filters/statuses/{id}
person    read:filters          -         GET /api/v1/filters
person    write:filters         -         POST /api/v1/filters
person    read:filters          keyword   GET /api/v1/filters/{id}
person    write:filters         keyword   PUT /api/v1/filters/{id}
person    write:filters         keyword   DELETE /api/v1/filters/{id}
everybody read                  tag       GET /api/v1/tags/{name}
person    write:follows         tag       POST /api/v1/tags/{name}/follow
person    write:follows         tag       POST /api/v1/tags/{name}/unfollow
person    write:accounts        tag       POST /api/v1/tags/{name}/feature
person    write:accounts        tag       POST /api/v1/tags/{name}/unfeature
person    read:follows          -         GET /api/v1/followed_tags
person    read:accounts         -         GET /api/v1/featured_tags
person    write:accounts        -         POST /api/v1/featured_tags
person    read:accounts         -         GET /api/v1/featured_tags/suggestions
person    write:accounts        featured  DELETE /api/v1/featured_tags/{id}
everybody read                  -         GET /api/v1/trends
everybody read                  -         GET /api/v1/trends/tags
everybody read                  -         GET /api/v1/trends/statuses
everybody read                  -         GET /api/v1/trends/links
person    read:statuses         -         GET /api/v1/markers
person    write:statuses        -         POST /api/v1/markers
person    read                  -         GET /api/v1/announcements
person    write:accounts        nothing   POST /api/v1/announcements/{id}/dismiss
person    write:reports         -         POST /api/v1/reports
everybody read:search           -         GET /api/v2/search
everybody read:search           -         GET /api/v1/search
person    read:accounts         -         GET /api/v2/suggestions
person    read:accounts         -         GET /api/v1/suggestions
person    write:accounts        theirs    DELETE /api/v1/suggestions/{id}
everybody -                     -         GET /api/v1/directory
staff     admin:read:accounts   -         GET /api/v1/admin/accounts
staff     admin:read:accounts   -         GET /api/v2/admin/accounts
staff     admin:read:accounts   theirs    GET /api/v1/admin/accounts/{id}
staff     admin:write:accounts  theirs    POST /api/v1/admin/accounts/{id}/approve
staff     admin:write:accounts  theirs    POST /api/v1/admin/accounts/{id}/reject
staff     admin:write:accounts  theirs    POST /api/v1/admin/accounts/{id}/action
staff     admin:write:accounts  theirs    POST /api/v1/admin/accounts/{id}/enable
staff     admin:read:reports    -         GET /api/v1/admin/reports
staff     admin:read:reports    report    GET /api/v1/admin/reports/{id}
staff     admin:write:reports   report    POST /api/v1/admin/reports/{id}/resolve
staff     admin:write:reports   report    POST /api/v1/admin/reports/{id}/reopen
staff     admin:write:reports   report    POST /api/v1/admin/reports/{id}/assign_to_self
staff     admin:write:reports   report    POST /api/v1/admin/reports/{id}/unassign
staff     admin:read:domain_blocks  -       GET /api/v1/admin/domain_blocks
staff     admin:write:domain_blocks -       POST /api/v1/admin/domain_blocks
staff     admin:read:domain_blocks  nothing GET /api/v1/admin/domain_blocks/{id}
staff     admin:write:domain_blocks nothing PUT /api/v1/admin/domain_blocks/{id}
staff     admin:write:domain_blocks nothing DELETE /api/v1/admin/domain_blocks/{id}
everybody -                     -         GET /api/neighbourhub/v1/openapi.json
everybody -                     -         GET /api/neighbourhub/v1/hub
everybody -                     -         GET /api/neighbourhub/v1/hubs
everybody read:statuses         -         GET /api/neighbourhub/v1/events
everybody read:statuses         nothing   GET /api/neighbourhub/v1/events/{id}
person    read:statuses         nothing   GET /api/neighbourhub/v1/events/{id}/rsvp
person    write:statuses        nothing   PUT /api/neighbourhub/v1/events/{id}/rsvp
person    write:statuses        nothing   DELETE /api/neighbourhub/v1/events/{id}/rsvp
everybody read:statuses         -         GET /api/neighbourhub/v1/asks
everybody read:statuses         nothing   GET /api/neighbourhub/v1/asks/{id}
person    read:statuses         nothing   GET /api/neighbourhub/v1/asks/{id}/help
person    write:statuses        nothing   PUT /api/neighbourhub/v1/asks/{id}/help
person    write:statuses        nothing   DELETE /api/neighbourhub/v1/asks/{id}/help
everybody read:statuses         -         GET /api/neighbourhub/v1/projects
everybody read:statuses         nothing   GET /api/neighbourhub/v1/projects/{id}
"""
SENT = {"status": "x", "title": "x", "phrase": "x", "keyword": "x", "choices": [0], "context": ["home"]}
OWN_RULES = frozenset({"POST /oauth/token", "POST /oauth/revoke", "GET /.well-known/oauth-authorization-server"})


class Line(NamedTuple):
    who: str
    scopes: tuple[str, ...]
    about: str


LINES = {
    call: Line(who, () if scope == "-" else tuple(scope.split(",")), about)
    for who, scope, about, call in (line.split(maxsplit=3) for line in TABLE.strip().splitlines())
}
CALLS = {f"{method} {one.path}": one for one in gate.ROUTES for method in sorted((one.methods or set()) - {"HEAD"})}
LOOKED_AT = {call: one for call, one in CALLS.items() if call not in OWN_RULES and call in LINES}


def test_every_call_is_in_the_table() -> None:
    assert sorted(set(CALLS) - OWN_RULES - set(LINES)) == []


@pytest.mark.parametrize("call", LOOKED_AT)
def test_a_call_is_open_to_whom_the_table_says(call: str) -> None:
    rule, line = LOOKED_AT[call].endpoint.rule, LINES[call]
    who = "everybody" if rule.open else "app" if rule.app else "person"
    assert who == {"staff": "person", "stream": "app"}.get(line.who, line.who)
    assert rule.scopes == line.scopes
    assert (line.who == "staff") == any(scope.startswith(scopes.ADMIN) for scope in rule.scopes)


class Scene(NamedTuple):
    """A hub on which Ann has secrets. `hers` are the numbers of what is hers alone, or of herself (`theirs`)."""

    site: Site
    hers: dict[str, str]


@pytest_asyncio.fixture
async def scene(site: Site, signed_in: Any) -> Scene:
    ann, ben, dai = await signed_in("ann"), await signed_in("ben"), await signed_in("dai")
    a, b, d = await me(ann), await me(ben), await me(dai)
    await ann.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    await do(ben, f"accounts/{a}/follow")
    await do(ann, f"accounts/{b}/follow")
    await do(ann, f"accounts/{d}/block")
    await do(ann, f"accounts/{b}/note", comment=SECRET)
    poll = {"options": [f"{SECRET} yes", "no"], "expires_in": 3600}
    status = await do(ann, "statuses", status=f"{SECRET} #heron", visibility="private", poll=poll)
    await do(ann, "statuses", status=f"@ben {SECRET}", visibility="direct")
    at = stamp(now() + HOUR)
    scheduled = await do(ann, "statuses", status=SECRET, scheduled_at=at)
    lists = await do(ann, "lists", title=SECRET)
    await do(ann, f"lists/{lists['id']}/accounts", account_ids=[b])
    made = await do(ann, "../v2/filters", title=SECRET, context=["home"], keywords_attributes=[{"keyword": SECRET}])
    filtered = await do(ann, f"../v2/filters/{made['id']}/statuses", status_id=status["id"])
    featured = await do(ann, "featured_tags", name="heron")
    report = await do(ann, "reports", account_id=b, comment=SECRET)
    media = await site.store.write(picture, int(a))
    for _ in range(3):
        await site.store.write(neighbouring.spread)
    told, talk = await site.store.read(told_ann, int(a))
    hers = {
        "notice": str(told), "group": f"ungrouped-{told}", "talk": str(talk),
        "status": status["id"], "scheduled": scheduled["id"], "list": lists["id"], "filter": made["id"],
        "keyword": made["keywords"][0]["id"], "filtered": filtered["id"], "featured": featured["id"],
        "report": report["id"], "media": str(media), "asking": b, "theirs": a, "nothing": "7", "tag": "heron", "-": "",
    }  # fmt: skip
    return Scene(site, hers)


def told_ann(tx: Tx, ann: int) -> tuple[int, int]:
    """The numbers of something that she is told, and of a conversation of hers."""
    notice = tx.one("SELECT id FROM notice WHERE account = :ann AND kind = 'follow_request'", ann=ann)
    talk = tx.one("SELECT id FROM conversation WHERE account = :ann", ann=ann)
    assert notice is not None
    assert talk is not None
    return notice["id"], talk["id"]


def picture(tx: Tx, owner: int) -> int:
    tx.run(
        """INSERT INTO media (id, key, mime, width, height, small_width, small_height, bytes, alt, owner, created)
           VALUES (77, :key, 'image/jpeg', 1, 1, 1, 1, 1, :alt, :owner, 1)""",
        key="a" * 64, owner=owner, alt='{"en":"quillwort"}',
    )  # fmt: skip
    return 77


async def ask(app: httpx.AsyncClient, scene: Scene, call: str) -> httpx.Response:
    method, path = call.split(" ")
    sent: dict[str, Any] = {}
    about = scene.hers[LINES[call].about]
    for blank in ("id", "name", "tag", "group_key"):
        path = path.replace("{" + blank + "}", about)
    if method != "GET":
        sent = {"json": SENT | {"scheduled_at": stamp(now() + HOUR)}}
    query = {"id[]": scene.hers["theirs"], "acct": "ann", "q": SECRET} if method == "GET" else {}
    return await app.request(method, path, params=query, **sent)


Called = list[tuple[str, httpx.Response]]


async def called(scene: Scene, token: str) -> Called:
    """Every call but those that have no end, by one app: reading first."""
    found = []
    async with app_with(scene.site, token) as app:
        for call in sorted(LOOKED_AT, key=lambda call: not call.startswith("GET")):
            if LINES[call].who != "stream":
                found.append((call, await ask(app, scene, call)))
    return found


def private(call: str) -> bool:
    return LINES[call].about not in ("-", "theirs", "nothing", "tag", "asking")


async def test_who_has_no_token_reads_what_is_open_and_nothing_that_is_not(scene: Scene) -> None:
    for call, answer in await called(scene, ""):
        assert SECRET not in answer.text, call
        if LINES[call].who != "everybody":
            assert (answer.status_code, answer.json()["error"]) == (401, INVALID_TOKEN), call
        elif private(call):
            assert answer.status_code == 404, call


async def test_a_token_that_opens_nothing_is_refused_also_where_none_is_needed(scene: Scene) -> None:
    for call, answer in await called(scene, "nonsense"):
        assert (answer.status_code, answer.json()["error"]) == (401, INVALID_TOKEN), call


async def test_an_app_that_acts_for_nobody_is_no_person(scene: Scene) -> None:
    def alone(tx: Tx) -> str:
        app, _ = apps.register(tx, apps.Draft("Alone", ("urn:ietf:wg:oauth:2.0:oob",), " ".join(scopes.ALL)))
        return apps.let_in(tx, None, app, " ".join(scopes.ALL))

    for call, answer in await called(scene, await scene.site.store.write(alone)):
        assert SECRET not in answer.text, call
        if LINES[call].who in ("person", "staff"):
            assert (answer.status_code, answer.json()["error"]) == (422, NEEDS_USER), call
        elif private(call):
            assert answer.status_code == 404, call


async def test_a_token_for_something_else_is_not_enough(scene: Scene) -> None:
    for call, answer in await called(scene, await scene.site.store.write(token_for, "ann", "push")):
        if LINES[call].scopes and LINES[call].scopes != ("push",):
            assert (answer.status_code, answer.json()["error"]) == (403, OUTSIDE), call


async def test_who_only_reads_changes_nothing(scene: Scene) -> None:
    for call, answer in await called(scene, await scene.site.store.write(token_for, "ann", "read")):
        if not call.startswith("GET") and LINES[call].scopes and not call.endswith("/translate"):
            assert (answer.status_code, answer.json()["error"]) == (403, OUTSIDE), call


@pytest.mark.parametrize("login", ["cath", "dai"], ids=["another resident", "somebody who is blocked"])
async def test_nobody_else_reads_or_changes_what_is_anns(scene: Scene, login: str) -> None:
    everything = f"{OF_RESIDENTS} admin:read admin:write"
    for call, answer in await called(scene, await scene.site.store.write(token_for, login, everything)):
        assert SECRET not in answer.text, call
        assert answer.status_code < 500, (call, answer.text)
        if LINES[call].who == "staff":
            assert (answer.status_code, answer.json()["error"]) == (403, NO_ADMIN), call
        elif private(call) or LINES[call].about == "asking":
            assert answer.status_code == 404, (call, answer.text)
    await still_there(scene)


async def test_who_looks_after_the_hub_reads_no_more_of_ann_than_others(scene: Scene) -> None:
    for call, answer in await called(scene, await scene.site.store.write(token_for, "mo")):
        if LINES[call].who != "staff":
            assert SECRET not in answer.text, call
            assert not private(call) or answer.status_code == 404, (call, answer.text)
    await still_there(scene)


async def still_there(scene: Scene) -> None:
    """All that is Ann's is as it was."""
    async with app_with(scene.site, await scene.site.store.write(token_for, "ann")) as ann:
        for call in LOOKED_AT:
            if call.startswith("GET") and private(call) and LINES[call].who != "staff":
                answer = await ask(ann, scene, call)
                assert answer.status_code in (200, 206), (call, answer.text)


@pytest.mark.parametrize("how", ["closed", "stopped"])
async def test_an_account_that_is_no_more_opens_nothing(scene: Scene, how: str) -> None:
    token = await scene.site.store.write(token_for, "cath")

    def end(tx: Tx) -> None:
        """As it would be, had a token been forgotten."""
        known = people.known_as(tx, "cath")
        assert known is not None
        if how == "closed":
            tx.run("UPDATE account SET closed = 1 WHERE actor = :who", who=known[0].actor)
        else:
            tx.run("UPDATE account SET state = 'suspended' WHERE actor = :who", who=known[0].actor)

    await scene.site.store.write(end)
    for call, answer in await called(scene, token):
        assert (answer.status_code, answer.json()["error"]) in ((403, DISABLED), (401, INVALID_TOKEN)), call


async def test_the_secrets_are_secrets_that_ann_can_read(scene: Scene) -> None:
    """Or the table would guard nothing."""
    shown = {call for call, answer in await called(scene, await scene.site.store.write(token_for, "ann"))
             if call.startswith("GET") and SECRET in answer.text}  # fmt: skip
    assert {"GET /api/v1/statuses/{id}", "GET /api/v1/lists/{id}", "GET /api/v2/filters/{id}",
            "GET /api/v1/scheduled_statuses/{id}", "GET /api/v1/media/{id}", "GET /api/v1/timelines/home",
            "GET /api/v2/search", "GET /api/v1/polls/{id}"} <= shown  # fmt: skip
