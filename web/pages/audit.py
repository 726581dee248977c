"""What stewards and moderators have done, for all of them to read."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import audit
from hub.audit import Entry
from hub.errors import N_
from web import auth
from web.templates import render

# What each deed is called; facts come from the entry. A deed that is not here shows by its bare name.
SAID = {
    "role": N_("gave %(name)s another role: %(role)s"),
    "closed": N_("closed the account of %(name)s"),
    "suspended": N_("suspended %(name)s"),
    "let-back": N_("let %(name)s back in"),
    "approved": N_("let %(name)s join"),
    "refused": N_("refused %(name)s, who wanted to join"),
    "invitation": N_("made a link to join by (people: %(uses)s, days: %(days)s): %(note)s"),
    "revoked": N_("took a link to join by back: %(note)s"),
    "joining": N_("changed how people join: %(mode)s"),
    "switched": N_("closed the open door: no moderator was seen for a week"),
    "settings": N_("changed the settings of the hub"),
    "domain-limited": N_("limited the server %(domain)s: %(reason)s"),
    "domain-suspended": N_("suspended the server %(domain)s: %(reason)s"),
    "domain-lifted": N_("let the server %(domain)s in again"),
    "settled": N_("marked a report as dealt with"),
    "hid": N_("hid a reply by %(name)s"),
    "showed": N_("showed a reply by %(name)s again"),
    "let-through": N_("let a post by %(name)s through"),
    "profile-let-through": N_("let what %(name)s says of themselves through"),
    "profile-held-back": N_("refused what %(name)s says of themselves: %(reason)s"),
    "held-back": N_("refused a post by %(name)s: %(reason)s"),
    "held-back-all": N_("refused posts by %(name)s, all at once: %(many)s"),
    "account": N_("made an account for %(name)s: %(role)s"),
    "second-cleared": N_("took the second step of %(name)s away"),
    "rescue-asked": N_("asked to let %(name)s back in: %(why)s"),
    "rescue-approved": N_("said yes to letting %(name)s back in"),
    "rescue-refused": N_("said no to letting %(name)s back in"),
    "rescue-used": N_("was let back in by two stewards, and chose a new password: %(name)s"),
    "rescue-expired": N_("ended the wish to let %(name)s back in: nobody saw to it in time"),
    "rescue-guessed": N_("ended the wish to let %(name)s back in: five wrong codes were typed"),
    "reset-shell": N_("gave %(name)s a new password by a command on the machine"),
    "reset-shell-second": N_("gave %(name)s a new password and took their second step away by a command"),
    "link": N_("made a link for %(name)s to choose a new password"),
}


class Deed(msgspec.Struct, frozen=True):
    """One line: who (a login, "" for the hub itself) did what; `message` is to be translated, `facts` go into it."""

    who: str
    message: str
    facts: dict[str, str]
    at: int


class AuditPage(msgspec.Struct, frozen=True):
    """What was done, newest first. `older` is the id from which the rest is, 0 for no more."""

    deeds: list[Deed]
    older: int


@auth.needs("moderator")
async def show(request: Request) -> Response:
    who, asked = auth.require(request, "moderator"), request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
    found = await request.app.state.store.read(audit.read, who.actor, before, audit.PAGE + 1)
    shown = found[: audit.PAGE]
    page = AuditPage([_deed(it) for it in shown], shown[-1].id if len(found) > audit.PAGE else 0)
    return render(request, "audit.html", page, headers={"Cache-Control": "no-store"})


def _deed(it: Entry) -> Deed:
    return Deed(it.who, SAID.get(it.what, it.what), it.detail, it.at)


routes = [Route("/steward/audit", show)]
