"""What a page says after a form was sent: what happened, and what will happen now.

There are no cookies to carry it for guests, so the address does, as `?done=<code>` and at most two numbers.
"""

from urllib.parse import urlencode

from starlette.requests import Request

from hub.errors import N_
from web.i18n import Catalogue

SAID = {
    "opened": N_("Your hub is open. Publish your first event, then tell your neighbours its address."),
    "changed": N_("It is changed. Followers see the new words within a minute."),
    "cancelled": N_("It is cancelled. Everybody who said they are coming can read why, here and on their own server."),
    "online": N_(
        "It has moved online. Everybody who said they are coming can read where, here and on their own server."
    ),
    "postponed": N_("It is postponed. When you know the new time, change the event, and it is on again."),
    "removed": N_("It is taken down here, and we have asked other servers to do the same."),
    "closed": N_("It is closed. Thank you; it stays on the page as something that worked."),
    "withdrawn": N_("It is withdrawn. Nobody can answer it any more."),
    "help-accepted": N_("That is noted. If they have an account, your message is on its way; if not, ring them."),
    "help-declined": N_("It is declined. Nobody else sees that."),
    "help-done": N_("It is written down as done."),
    "help-thanked": N_("They are thanked."),
    "help-withdrawn": N_("Your offer is taken back. Thank you for saying so."),
    "pledged": N_("Your offer is on its way. The other hub answers you here, and by private message."),
    "hidden": N_("The reply is hidden. Nobody sees it on this hub until you show it again."),
    "shown": N_("The reply shows again."),
    "said-share": N_("It shows here now, and goes out to those who follow."),
    "said-refuse": N_("Nobody sees it here. Its author is told nothing."),
    "said-ask": N_("It is an ask now, in the hub's name. Open it under Asks and read it over: you can change it."),
    "said-trust": N_("It shows here now. What they say from now on passes at once."),
    "said-distrust": N_("What they say from now on is looked over first."),
    "announced": N_("Everybody who opens an app of theirs reads it, from when you said."),
    "announcement-gone": N_("It is taken down. Nobody is told any more."),
    "settled": N_("The report is marked as dealt with."),
    "written": N_("Your message is on its way."),
    "kept-out": N_("The rule holds from now on."),
    "open-again": N_("It is let in again. If it was suspended, follows had ended both ways: each has to follow again."),
    "again": N_("It will be sent again within a minute."),
    "not-again": N_("There was nothing left to send: it has gone out, or was taken away."),
    "asked": N_("We have asked to follow them. They show here as soon as their server says yes."),
    "unfollowed": N_("We no longer follow them. What they publish from now on does not come here."),
    "hub-show": N_("It shows to residents from now on, as long as it answers."),
    "hub-refuse": N_("It is refused. It does not show, and we neither ask it nor tell others of it."),
    "hub-rule": N_("The rule is saved."),
    "saved": N_("It is saved."),
    "drawn": N_("It can be followed now. Tell the people who live there its handle."),
    "slice-ended": N_("It has ended. Those who followed it are told by their servers."),
    "settings": N_("The settings are saved. The pages show them from now on."),
    "letter": N_(
        "If there is an account with that address, a letter is on its way. Look in your mail, also under spam."
    ),
    "entry-letter": N_("If there is an account with that address, a link is on its way. Open it on this device."),
    "address-letter": N_("A letter is on its way to the new address. Until you open its link, the old address stays."),
    "address": N_("Your e-mail address is changed."),
    "address-back": N_(
        "The address is as it was, and everybody is signed out. A letter to choose a new password is on its way."
    ),
    "reset": N_("Your new password is saved, and everybody is signed out. Sign in with it."),
    "joined": N_("Welcome. You are one of us now."),
    "approved": N_("They are in, and a letter tells them."),
    "refused": N_("They are refused, and a letter tells them."),
    "all-refused": N_("They are refused. Nobody gets a letter."),
    "let-through": N_("It shows now, and goes out to those who follow."),
    "profile-let-through": N_("Others see it now."),
    "profile-waits": N_("It is kept. Others see it once somebody who looks after the hub has read it."),
    "held-back": N_("It is refused, and a message tells its author."),
    "all-held-back": N_("All of it is refused. Nobody gets a message."),
    "revoked": N_("The link opens nothing any more."),
    "joining": N_("This is how people join from now on."),
    "suspended": N_("They are signed out and can do nothing until you let them back in."),
    "let-back": N_("They can sign in again."),
    "role": N_("Their role is changed. It counts from the next page they open."),
    "account-closed": N_("The account is closed and signed out everywhere. What they published stays."),
    "password": N_("Your new password is saved. You are signed out everywhere else."),
    "left-session": N_("That device is signed out."),
    "own-places": N_("Good. We say so again when somebody signs in from somewhere else."),
    "passkey-added": N_("Your passkey is added. From now on you can sign in with it."),
    "passkey-renamed": N_("It has its new name."),
    "passkey-removed": N_("The passkey is taken away. Delete it on the device as well."),
    "app-added": N_("The app is set up. From now on its code is asked for after your password."),
    "app-removed": N_("The app’s codes are no longer asked for."),
    "second-first": N_("Before you look after the hub, set up a second step: a passkey, or an app with codes."),
    "rescue-refused": N_("It is over. Nothing of the account has changed."),
    "rescued": N_(
        "Your new password is saved. Sign in with it, set up a second step, and change your e-mail if that is lost."
    ),
    "app-out": N_("It can do nothing in your name any more."),
    "left-others": N_("You are signed out everywhere else."),
    "signed-out": N_("You are signed out. Nothing of you is left on this device."),
    "signed-in": N_("You are signed in."),
    "said-yes": N_("You are going. The organiser knows. If anything changes, it says so here."),
    "said-waiting": N_("You are on the waiting list. If a place comes free, it is yours, and we tell you."),
    "taken-off": N_("They are off the list, and are told if they have an account. The place goes to whoever is next."),
    "let-in": N_("They have a place now, and are told if they have an account."),
    "said-maybe": N_("You may come. The organiser knows. Say so here when you are sure."),
    "said-no": N_("You cannot make it. Thank you for saying so: somebody else can have the place."),
    "answer-changed": N_("Your answer is changed. The organiser sees the new one."),
    "said": N_("It is said. Those who may read it see it within a minute, wherever they are."),
    "said-waits": N_("It is kept. Only you see it until somebody who looks after the hub has read it."),
    "put-off": N_("It is kept, and said at its time. Until then only you see it."),
    "not-later": N_("It is not going to be said."),
    "draft-kept": N_("It is kept as a draft. Nobody else sees it."),
    "draft-gone": N_("The draft is thrown away."),
    "notices-gone": N_("That is cleared."),
    "deed-share": N_("Those who follow you see it now."),
    "deed-keep": N_("It is kept. You find it again under “Kept”."),
    "deed-pin": N_("It stands first on your page now."),
    "deed-leave": N_("You are told no more of that conversation."),
    "deed-remove": N_("It is taken down. Other servers are told."),
    "deed-vote": N_("Your answer is noted."),
    "deed-follow": N_("You follow them now. What they say shows on your page, under “For me”."),
    "deed-asked": N_("You have asked to follow them. What they say shows on your page as soon as they agree."),
    "deed-unfollow": N_("You follow them no more."),
    "deed-block": N_("They are blocked. Neither of you sees the other any more."),
    "deed-mute": N_("You do not hear them any more. They are not told."),
    "deed-mute-day": N_("You do not hear them for a day. They are not told."),
    "deed-mute-week": N_("You do not hear them for a week. They are not told."),
    "deed-accept": N_("They follow you now."),
    "deed-refuse": N_("They do not follow you. They are not told why."),
    "moved": N_("You have moved. Those who follow you are led to your new account."),
    "moved-back": N_("You live here again."),
    "brought": N_("We are at work on it. Come back in a while to see how far it is."),
    "leaving": N_("You leave in a week. Until then one button here is all it takes to stay."),
    "staying": N_("You stay. Nothing has been lost."),
    "list-gone": N_("The list is thrown away. The people on it are still followed."),
    "replied": N_("Your reply is here, and goes out to those who follow."),
}


def path(to: str, code: str, *numbers: int) -> str:
    """`to` with the message of `code`."""
    here, mark, fragment = to.partition("#")
    given: dict[str, object] = {"done": code} | dict(zip(("n", "m"), numbers, strict=False))
    return f"{here}{'&' if '?' in here else '?'}{urlencode(given)}{mark}{fragment}"


def message(request: Request, words: Catalogue) -> str:
    """The message that the address asks for, in the page's language; "" for none."""
    code = request.query_params.get("done", "")
    if code == "published":
        return _published(words, _number(request, "n"), _number(request, "m"))
    return words.gettext(SAID[code]) if code in SAID else ""


def _published(words: Catalogue, followers: int, servers: int) -> str:
    if not followers:
        return words.gettext(N_("It is published. Nobody follows from another server yet; neighbours see it here."))
    who = words.ngettext("%(n)s follower", "%(n)s followers", followers) % {"n": followers}
    where = words.ngettext("%(n)s server", "%(n)s servers", servers) % {"n": servers}
    said = words.gettext(N_("It is published. %(followers)s on %(servers)s will see it within a minute."))
    return said % {"followers": who, "servers": where}


def _number(request: Request, name: str) -> int:
    typed = request.query_params.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
