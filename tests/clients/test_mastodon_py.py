"""A resident's day with Mastodon.py, the library that scripts are written with: what they do, how it is answered.

Each answer that comes is also held to the schema of its entity.
"""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from answers import complaints
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, StreamListener
from processes import Hub, until
from telephones import let_in, picture

pytestmark = pytest.mark.clients
SCOPES = ["read", "write", "follow", "push", "profile"]
EVENT = {
    "title": {"en": "Seed swap", "cy": "Cyfnewid hadau"}, "text": {"en": "Bring a tin."},
    "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge", "places": 40,
}  # fmt: skip


class App:
    """Somebody's Mastodon.py. Which of its calls were made is remembered in `made`, what was wrong in `wrong`."""

    def __init__(self, hub: Hub, name: str, made: set[str], wrong: list[str]) -> None:
        self.hub, self.name, self.made, self.wrong = hub, name, made, wrong
        session = self.session()
        made |= {"create_app", "auth_request_url", "log_in"}
        id, secret = Mastodon.create_app("Porch bot", scopes=SCOPES, api_base_url=hub.base, session=session)
        self.api = Mastodon(id, secret, api_base_url=hub.base, session=session, ratelimit_method="throw")
        code = let_in(hub, name, self.api.auth_request_url(scopes=SCOPES))
        self.api.log_in(code=code, scopes=SCOPES)
        self.id = self.account_verify_credentials().id

    def session(self) -> requests.Session:
        session = requests.Session()
        session.verify, session.trust_env = str(self.hub.tls[1]) if self.hub.tls else True, False
        session.hooks["response"].append(self._look)
        return session

    def _look(self, response: requests.Response, **_: Any) -> None:
        method, path = response.request.method or "", response.request.path_url.partition("?")[0]
        if response.headers["content-type"].startswith("application/json"):
            self.wrong += complaints(method, path, response.status_code, response.json())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self.api, name)
        self.made.add(name)
        return call


class Ear(StreamListener):  # type: ignore[misc]
    """Keeps what comes by a stream."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.notices: list[Any] = []
        self.deleted: list[str] = []
        self.opened = threading.Event()

    def on_update(self, status: Any) -> None:
        self.updates.append(status)

    def on_notification(self, notification: Any) -> None:
        self.notices.append(notification)

    def on_delete(self, status_id: Any) -> None:
        self.deleted.append(str(status_id))


def test_a_resident_does_eighty_things_with_mastodon_py(hubs: tuple[Hub, Hub]) -> None:
    river, penarth = hubs
    made: set[str] = set()
    wrong: list[str] = []
    ann, rhys = App(river, "ann", made, wrong), App(river, "rhys", made, wrong)
    looks_around(ann)
    says_who_she_is(ann)
    gets_to_know(ann, rhys)
    speaks(ann)
    is_answered(ann, rhys)
    reads(ann, rhys)
    is_told(ann, rhys)
    speaks_softly(ann, rhys)
    sorts(ann, rhys)
    filters(ann)
    follows_words(ann)
    speaks_later(ann)
    keeps_away(ann, rhys)
    lets_in(ann, rhys)
    discovers(ann, rhys)
    is_rung(ann)
    streams = listens(ann, rhys)
    goes_to_what_is_on_here(ann, river)
    goes_next_door(ann, penarth)
    signs_out(ann, streams)
    assert not wrong, "\n".join(wrong)
    assert "Traceback" not in river.log() + penarth.log()
    assert len(made) >= 80, (len(made), sorted(made))
    print(f"\nMastodon.py: {len(made)} different calls")


def looks_around(ann: App) -> None:
    assert ann.app_verify_credentials().name == "Porch bot"
    assert ann.oauth_authorization_server_info().code_challenge_methods_supported == ["S256"]
    assert ann.oauth_userinfo().preferred_username == "ann"
    assert ann.instance().domain == ann.hub.domain
    assert ann.instance_v1().uri == ann.hub.domain
    assert ann.instance_v2().title == "Riverside"
    assert ann.retrieve_mastodon_version() == "4.3.0"
    assert ann.instance_nodeinfo().software.name == "neighbourhub"
    for look in (
        ann.instance_activity, ann.instance_peers, ann.instance_rules, ann.instance_languages,
        ann.instance_extended_description, ann.custom_emojis, ann.announcements,
    ):  # fmt: skip
        look()
    assert ann.preferences()["posting:default:visibility"] == "public"


def says_who_she_is(ann: App) -> None:
    me = ann.account_update_credentials(
        display_name="Ann", note="Third house on the left.", avatar=picture(), avatar_mime_type="image/png",
        fields=[("Bakes", "on Fridays")], bot=False, discoverable=True,
    )  # fmt: skip
    assert (me.display_name, me.fields[0].name, me.source.note) == ("Ann", "Bakes", "Third house on the left.")
    assert "Third house" in me.note
    pictured = me.avatar
    assert ann.account_delete_avatar().avatar != pictured
    assert ann.me().username == "ann"


def gets_to_know(ann: App, rhys: App) -> None:
    them = ann.account_lookup("rhys")
    assert (them.id, ann.account(them).acct) == (rhys.id, "rhys")
    assert [one.acct for one in ann.accounts([rhys.id, ann.id])] == ["rhys", "ann"]
    assert [one.acct for one in ann.account_search("rhy")] == ["rhys"]
    assert ann.account_follow(rhys.id, notify=True).notifying
    assert rhys.account_follow(ann.id).following
    assert ann.account_relationships([rhys.id])[0].followed_by
    assert [one.acct for one in ann.account_following(ann.id)] == ["rhys"]
    assert [one.acct for one in ann.account_followers(ann.id)] == ["rhys"]
    assert ann.account_note_set(rhys.id, "Has a ladder.").note == "Has a ladder."
    assert ann.account_familiar_followers([rhys.id])[0].id == rhys.id


def speaks(ann: App) -> None:
    first = ann.toot("Bread is out of the oven. #bread")
    again = [ann.status_post("Only once.", idempotency_key="once").id for _ in range(2)]
    assert again[0] == again[1]
    shown = ann.media_post(picture(), mime_type="image/png", description="A teal door", focus=(0.1, -0.2))
    assert ann.media(shown).url
    assert ann.media_update(shown, description="Our teal door").description == "Our teal door"
    post = ann.status_post("Come in.", media_ids=[shown], sensitive=True, spoiler_text="Cake", language="en")
    assert (post.media_attachments[0].description, post.spoiler_text, post.language) == ("Our teal door", "Cake", "en")
    asked = ann.status_post("Tea or coffee?", poll=ann.make_poll(["Tea", "Coffee"], 3600))
    assert [one.title for one in asked.poll.options] == ["Tea", "Coffee"]
    changed = ann.status_update(first, "Bread is sold out. #bread")
    assert changed.edited_at is not None
    assert ann.status_source(first).text == "Bread is sold out. #bread"
    assert [("oven" in one.content) for one in ann.status_history(first)] == [True, False]
    assert [one.id for one in ann.statuses([first, post])] == [first.id, post.id]
    assert ann.status_card(first) is None
    gone = ann.status_delete(post)
    assert (gone.text, gone.spoiler_text) == ("Come in.", "Cake")
    with pytest.raises(MastodonNotFoundError):
        ann.status(post)
    redrafted = ann.status_post(gone.text + " All of you.", media_ids=[one.id for one in gone.media_attachments])
    assert [one.url for one in redrafted.media_attachments] == [one.url for one in gone.media_attachments]


def is_answered(ann: App, rhys: App) -> None:
    said = ann.status_post("Who can lend me a ladder?")
    reply = rhys.status_reply(said, "I can.")
    assert [one.acct for one in reply.mentions] == ["ann"]
    assert [one.id for one in ann.status_context(said).descendants] == [reply.id]
    assert rhys.status_favourite(said).favourited
    assert [one.id for one in rhys.favourites()] == [said.id]
    assert [one.acct for one in ann.status_favourited_by(said)] == ["rhys"]
    wrapper = rhys.status_reblog(said)
    assert (wrapper.reblog.id, wrapper.reblog.reblogged, wrapper.id != said.id) == (said.id, True, True)
    assert [one.acct for one in ann.status_reblogged_by(said)] == ["rhys"]
    assert rhys.status_bookmark(said).bookmarked
    assert [one.id for one in rhys.bookmarks()] == [said.id]
    assert not rhys.status_unbookmark(said).bookmarked
    assert not rhys.status_unfavourite(said).favourited
    assert not rhys.status_unreblog(said).reblogged
    assert ann.status(said).reblogs_count == 0
    assert ann.status_pin(said).pinned
    assert [one.id for one in rhys.account_statuses(ann.id, pinned=True)] == [said.id]
    assert not ann.status_unpin(said).pinned
    assert ann.status_mute(said).muted
    assert not ann.status_unmute(said).muted
    rhys.status_favourite(said)
    rhys.status_reblog(said)


def reads(ann: App, rhys: App) -> None:
    posts = [rhys.status_post(f"Rung {number} of the ladder #ladder").id for number in range(5)]
    until(lambda: ann.timeline_home(limit=1)[0].id == posts[-1], "the last of them at Ann's")
    page = ann.timeline_home(limit=2)
    older = ann.fetch_next(page)
    assert [one.id for one in page + older] == posts[:0:-1]
    assert [one.id for one in ann.fetch_previous(older)] == [one.id for one in page]
    everything = ann.fetch_remaining(ann.timeline_hashtag("ladder", limit=2))
    assert [one.id for one in everything] == posts[::-1]
    assert ann.timeline_local(limit=1)[0].id == ann.timeline_public(limit=1)[0].id == posts[-1]
    assert ann.timeline("home", limit=1)[0].account.acct == "rhys"
    theirs = ann.account_statuses(rhys.id, exclude_replies=True, tagged="ladder", limit=1)
    assert [one.id for one in theirs] == posts[-1:]
    assert {one.id for one in ann.timeline_home(since_id=posts[-2])} == {posts[-1]}


def is_told(ann: App, rhys: App) -> None:
    kinds = {"follow", "mention", "favourite", "reblog", "status"}
    until(lambda: kinds <= {one.type for one in ann.notifications()}, "what Rhys did")
    mentions = ann.notifications(types=["mention"])
    assert {one.type for one in mentions} == {"mention"}
    assert ann.notifications(id=mentions[0].id).account.acct == "rhys"
    assert ann.notifications_unread_count().count > 0
    grouped = ann.grouped_notifications()
    assert kinds <= {one.type for one in grouped.notification_groups}
    key = grouped.notification_groups[0].group_key
    assert ann.grouped_notification(key).notification_groups[0].group_key == key
    assert [one.acct for one in ann.grouped_notification_accounts(key)] == ["rhys"]
    assert ann.unread_grouped_notifications_count() > 0
    assert ann.update_notifications_policy(for_new_accounts="accept").for_new_accounts == "accept"
    assert ann.notifications_policy().summary.pending_requests_count == 0
    assert ann.notification_requests() == []
    assert ann.notifications_merged() in (True, False)
    ann.markers_set(["notifications"], [mentions[0].id])
    assert str(ann.markers_get(["notifications"])["notifications"].last_read_id) == str(mentions[0].id)
    ann.dismiss_grouped_notification(key)
    ann.notifications_dismiss(mentions[0])
    with pytest.raises(MastodonNotFoundError):
        ann.notifications(id=mentions[0].id)
    ann.notifications_clear()
    assert ann.notifications() == []


def speaks_softly(ann: App, rhys: App) -> None:
    whispered = ann.status_post("@rhys The key is under the pot.", visibility="direct")
    found = until(rhys.conversations, "the conversation")[0]
    assert (found.unread, found.last_status.id, found.accounts[0].acct) == (True, whispered.id, "ann")
    assert not rhys.conversations_read(found).unread
    assert "pot" not in str([one.content for one in rhys.timeline_local()])
    assert [one.visibility for one in [ann.status_post("For followers.", visibility="private")]] == ["private"]


def sorts(ann: App, rhys: App) -> None:
    street = ann.list_create("Our street", replies_policy="none")
    ann.list_accounts_add(street, [rhys.id])
    ours = ["On this week", "Asks near me"]  # everybody has these
    assert [one.title for one in ann.lists()] == ["Our street", *ours]
    assert ann.list_update(street, "Our road", replies_policy="list", exclusive=False).title == "Our road"
    assert ann.list(street).replies_policy == "list"
    assert [one.acct for one in ann.list_accounts(street)] == ["rhys"]
    assert [one.title for one in ann.account_lists(rhys.id)] == ["Our road"]
    assert {one.account.acct for one in ann.timeline_list(street)} == {"rhys"}
    ann.list_accounts_delete(street, [rhys.id])
    assert ann.timeline_list(street) == []
    ann.list_delete(street)
    assert [one.title for one in ann.lists()] == ours


def filters(ann: App) -> None:
    made = ann.create_filter_v2(
        "Ladders", ["home", "public"], "warn", keywords_attributes=[{"keyword": "rung", "whole_word": True}]
    )
    assert [one.keyword for one in ann.filter_keywords_v2(made)] == ["rung"]
    more = ann.add_filter_keyword_v2(made, "step", whole_word=False)
    ann.delete_filter_keyword_v2(more)
    assert ann.update_filter_v2(made, title="Long ladders").title == "Long ladders"
    found = ann.timeline_hashtag("ladder", limit=1)[0]
    assert found.filtered[0].filter.title == "Long ladders"
    ann.add_filter_status_v2(made, found.id)
    [held] = ann.filter_statuses_v2(made)
    ann.delete_filter_status_v2(held)
    assert ann.filter_v2(made).title == ann.filters_v2()[0].title
    ann.delete_filter_v2(made)
    old = ann.filter_create("rung", ["home"])
    assert ann.filter_update(old.id, phrase="rungs", context=["home"]).phrase == "rungs"
    assert [one.phrase for one in ann.filters()] == [ann.filter(old.id).phrase] == ["rungs"]
    ann.filter_delete(old.id)


def follows_words(ann: App) -> None:
    assert ann.tag_follow("ladder").following
    assert [one.name for one in ann.followed_tags()] == ["ladder"]
    assert not ann.tag_unfollow("ladder").following
    assert ann.tag("bread").name == "bread"
    featured = ann.featured_tag_create("bread")
    assert [one.name for one in ann.featured_tags()] == ["bread"]
    assert [one.name for one in ann.account_featured_tags(ann.id)] == ["bread"]
    ann.featured_tag_delete(featured)
    ann.featured_tag_suggestions()
    assert ann.tag_feature("bread").featuring
    assert not ann.tag_unfeature("bread").featuring


def speaks_later(ann: App) -> None:
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)
    waits = ann.status_post("Good night.", scheduled_at=when)
    later = ann.scheduled_status_update(waits, when + datetime.timedelta(hours=1))
    assert later.scheduled_at > when
    assert [one.params.text for one in ann.scheduled_statuses()] == [ann.scheduled_status(waits).params.text]
    ann.scheduled_status_delete(waits)
    assert ann.scheduled_statuses() == []


def keeps_away(ann: App, rhys: App) -> None:
    assert ann.account_mute(rhys.id, notifications=False).muting
    assert [one.acct for one in ann.mutes()] == ["rhys"]
    assert not ann.account_unmute(rhys.id).muting
    assert ann.account_endorse(rhys.id).endorsed
    assert [one.acct for one in ann.endorsements()] == ["rhys"]
    assert not ann.account_unendorse(rhys.id).endorsed
    assert ann.account_block(rhys.id).blocking
    assert [one.acct for one in ann.blocks()] == ["rhys"]
    assert not ann.account_unblock(rhys.id).blocking
    ann.domain_block("spam.example")
    assert ann.domain_blocks() == ["spam.example"]
    ann.domain_unblock("spam.example")
    assert ann.domain_blocks() == []


def lets_in(ann: App, rhys: App) -> None:
    ann.account_update_credentials(locked=True)
    assert rhys.account_follow(ann.id).requested
    assert [one.acct for one in ann.follow_requests()] == ["rhys"]
    assert not ann.follow_request_reject(rhys.id).followed_by
    rhys.account_follow(ann.id)
    assert ann.follow_request_authorize(rhys.id).followed_by
    assert not ann.account_remove_from_followers(rhys.id).followed_by
    assert not rhys.account_unfollow(ann.id).following
    ann.account_update_credentials(locked=False)
    assert rhys.account_follow(ann.id).following
    assert ann.account_follow(rhys.id).following


def discovers(ann: App, rhys: App) -> None:
    found = ann.search("ladder", result_type="statuses").statuses
    assert {one.account.acct for one in found} <= {"rhys", "ann"}
    assert found
    assert "ladder" in [one.name for one in ann.search_v2("ladder", result_type="hashtags").hashtags]
    assert "ann" in [one.acct for one in ann.directory(local=True)]
    for look in (ann.suggestions, ann.suggestions_v1, ann.trending_tags, ann.trending_statuses, ann.trending_links):
        look()
    told = ann.report(rhys.id, status_ids=found[:1], comment="Too many rungs.", category="other")
    assert (told.comment, told.target_account.acct, told.action_taken) == ("Too many rungs.", "rhys", False)
    with pytest.raises(MastodonAPIError):
        ann.status_translate(found[0])


def is_rung(ann: App) -> None:
    _, keys = ann.push_subscription_generate_keys()
    made = ann.push_subscription_set("https://push.example/abc", keys, mention_events=True, poll_events=False)
    assert (made.endpoint, made.alerts.mention, made.alerts.poll) == ("https://push.example/abc", True, False)
    assert ann.push_subscription().server_key
    assert ann.push_subscription_update(poll_events=True).alerts.poll
    ann.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        ann.push_subscription()


def listens(ann: App, rhys: App) -> list[Any]:
    """Gives the streams, which go on."""
    ear, street = Ear(), Ear()
    assert ann.stream_healthy()
    streams = [ann.stream_user(ear, run_async=True), ann.stream_local(street, run_async=True)]
    until(lambda: all(one.is_receiving() for one in streams), "the streams")
    said = rhys.status_post("@ann Do you hear me?")
    until(lambda: said.id in [one.id for one in ear.updates], "it in her stream")
    until(lambda: said.id in [one.id for one in street.updates], "it in the street's")
    until(lambda: "mention" in [one.type for one in ear.notices], "the notice")
    rhys.status_delete(said)
    until(lambda: str(said.id) in ear.deleted, "that it is gone")
    return streams


def goes_to_what_is_on_here(ann: App, river: Hub) -> None:
    number = river.publish("event", **EVENT)
    [event] = [one for one in ann.timeline_local() if "Seed swap" in one.content]
    assert (str(event.id), str(event.poll.id)) == (number, number)
    voted = ann.poll_vote(event.poll, 0)
    assert (voted.voted, voted.own_votes) == (True, [0])
    assert river.thing(f"/event/{number}")["participantCount"] == 1
    assert ann.poll(event.poll).votes_count == 1
    assert "/events/" in event.url


def goes_next_door(ann: App, penarth: Hub) -> None:
    [hub] = ann.search(f"@hub@{penarth.domain}", resolve=True, result_type="accounts").accounts
    assert hub.acct == f"hub@{penarth.domain}"
    ann.account_follow(hub)
    until(lambda: ann.account_relationships([hub.id])[0].following, "that Penarth lets her follow")
    number = penarth.publish("event", **EVENT | {"title": {"en": "Pier walk"}})
    event = until(lambda: next((one for one in ann.timeline_home() if "Pier walk" in one.content), None), "the event")
    assert event.account.acct == hub.acct
    ann.poll_vote(event.poll, 0)
    until(lambda: penarth.thing(f"/event/{number}")["participantCount"] == 1, "Ann among those who come")
    by_address = ann.search(event.url, resolve=True, result_type="statuses").statuses
    assert [one.id for one in by_address] == [event.id]
    assert not ann.account_unfollow(hub).following


def signs_out(ann: App, streams: list[Any]) -> None:
    ann.revoke_access_token()
    with pytest.raises(MastodonAPIError):
        ann.me()
    until(lambda: not any(one.is_alive() for one in streams), "the streams to end")
