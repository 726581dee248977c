"""Setting the hub up: seven short pages behind a link that is good once. What was typed is kept after each."""

from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import people, settings
from hub.errors import N_, HubError, Invalid, NotAllowed
from hub.packing import pack
from hub.settings import Contact
from hub.store import Tx
from hub.text import Text
from web import auth, done, forms
from web.forms import Form
from web.shell import best
from web.templates import render, see_other

ZONE = "Europe/London"
LARGEST = 90_000  # bytes of all answers together

Words = Annotated[str, Meta(max_length=300)]


class Names(msgspec.Struct, frozen=True):
    name: Text = msgspec.field(default_factory=dict)
    languages: list[str] = msgspec.field(default_factory=list)
    handle: Words = "hub"


class Place(msgspec.Struct, frozen=True):
    area_name: Words = ""
    area_code: Words = ""
    lat: float | None = None
    lon: float | None = None
    radius: float = 1.5
    zone: Words = ZONE


class Welcome(msgspec.Struct, frozen=True):
    welcome: Text = msgspec.field(default_factory=dict)


class Rules(msgspec.Struct, frozen=True):
    rules: Text = msgspec.field(default_factory=dict)


class Contacts(msgspec.Struct, frozen=True):
    contacts: list[Contact] = msgspec.field(default_factory=list)


class Look(msgspec.Struct, frozen=True):
    hue: int = 165


class Account(msgspec.Struct, frozen=True):
    login: Words
    email: Words
    password: Annotated[str, Meta(max_length=1000)]
    again: Annotated[str, Meta(max_length=1000)] = ""


STEPS: dict[str, type[msgspec.Struct]] = {
    "names": Names, "place": Place, "welcome": Welcome, "rules": Rules, "contacts": Contacts, "look": Look,
    "account": Account,
}  # fmt: skip
ORDER = list(STEPS)
FIRST: dict[str, dict[str, list[str]]] = {
    "names": {"languages": list(settings.LANGUAGES), "handle": ["hub"]},
    "place": {"radius": ["1.5"], "zone": [ZONE]},
    "rules": {f"rules.{tag}": [words] for tag, words in settings.STARTER_RULES.items()},
    "look": {"hue": ["165"]},
}
# What each page is checked against until the others are there.
_FITS = settings.Draft(name={"en": "-"}, rules={"en": "-"}, contacts=[Contact("-", "", "-")])

Answers = dict[str, dict[str, list[str]]]


class SetupPage(msgspec.Struct, frozen=True):
    """One page of setting up. `at` counts from 0; the view is drawn from the `name` and `area` typed so far."""

    form: Form[Any]
    key: str
    step: str
    at: int
    name: str
    area: str
    hues: tuple[int, ...] = settings.HUES


async def show(request: Request) -> Response:
    key, answers = await _opened(request)
    step = request.query_params.get("step", "")
    step = step if step in STEPS else _first_open(answers)
    form: Form[Any] = Form(answers.get(step, FIRST.get(step, {})))
    if request.query_params.get("check"):
        form = _checked(step, answers.get(step, {}))
    return _page(request, form, key, step, answers)


async def keep(request: Request) -> Response:
    """Put aside what was typed, then go on (or back). Nothing is lost when it does not fit yet."""
    key, answers = await _opened(request)
    step = request.query_params.get("step", "")
    if step not in STEPS:
        raise Invalid(N_("Choose one of the answers."))
    form = await forms.parse(request, STEPS[step], ZONE)
    answers[step] = {name: words for name, words in form.kept().items() if name not in ("password", "again", "go")}
    if len(pack(answers)) > LARGEST:
        too_long = Invalid(N_("This is too long. Write less on this page."))
        return _page(request, form.refuse(too_long), key, step, answers, 422)
    await request.app.state.store.write(settings.keep_answers, answers)
    if form.typed("go") == "back":
        return _to(request, key, ORDER[max(ORDER.index(step) - 1, 0)])
    if step == "account":
        return await _finish(request, form, key, answers)
    form = _checked(step, answers[step])
    if form.errors:
        return _page(request, form, key, step, answers, 422)
    return _to(request, key, ORDER[ORDER.index(step) + 1])


async def _finish(request: Request, form: Form[Any], key: str, answers: Answers) -> Response:
    """Open the hub, make its first steward, and sign them in: all of it or nothing."""
    for step in ORDER[:-1]:
        if _checked(step, answers.get(step, {})).errors:
            return _to(request, key, step, check=True)
    typed, state = cast("Account | None", form.value), request.app.state
    if typed is None:
        return _page(request, form, key, "account", answers, 422)
    try:
        _check_account(typed)
        hashed = await state.passwords.hashed(typed.password)
        agent = request.headers.get("user-agent", "")
        secret = await state.store.write(open_hub, key, _draft(answers), state.base, typed, hashed, agent)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return _page(request, form.refuse(refusal), key, "account", answers, 422)
    return auth.give(request, see_other(request, done.path("/publish", "opened")), secret, "steward")


def open_hub(tx: Tx, key: str, draft: settings.Draft, base: str, account: Account, hashed: str, agent: str) -> str:
    """One unit: the link is used up, the hub is open, its steward is signed in. Returns the session's secret."""
    people.use_link(tx, "setup", key)
    settings.open_hub(tx, draft, base)
    steward = people.create(tx, account.login, account.email, hashed, "steward")
    return people.open_session(tx, steward.actor, agent)


def _check_account(typed: Account) -> None:
    if typed.again != typed.password:
        raise Invalid(N_("The two passwords differ. Type the same one twice."), field="again")
    people.check_new_password(typed.password, typed.login, typed.email)


async def _opened(request: Request) -> tuple[str, Answers]:
    """The link's secret and what was typed so far. Raises `NotAllowed` for a link that is not good."""
    key = request.query_params.get("key", "")[:200]
    answers = await request.app.state.store.read(_answers, key)
    return key, answers


def _answers(tx: Tx, key: str) -> Answers:
    if people.link(tx, "setup", key) is None:
        raise NotAllowed(N_("This set-up link has been used or is too old. Start the hub again for a new one."))
    return msgspec.convert(settings.answers(tx), Answers)


def _checked(step: str, kept: dict[str, list[str]]) -> Form[Any]:
    """A page's answers, with what is wrong with them."""
    form = forms.convert(kept or FIRST.get(step, {}), STEPS[step], ZONE)
    if form.value is None or step == "account":
        return form
    try:
        settings.checked(msgspec.structs.replace(_FITS, **msgspec.structs.asdict(form.value)))
    except Invalid as refusal:
        form.refuse(refusal)
    return form


def _draft(answers: Answers) -> settings.Draft:
    fields: dict[str, Any] = {}
    for step in ORDER[:-1]:
        typed: Any = _checked(step, answers.get(step, {})).value
        fields |= msgspec.structs.asdict(typed)
    return settings.Draft(**fields)


def _first_open(answers: Answers) -> str:
    """The first page that has not been answered."""
    return next((step for step in ORDER if step not in answers), "account")


def _to(request: Request, key: str, step: str, check: bool = False) -> Response:
    return see_other(request, f"/setup?key={key}&step={step}{'&check=1' if check else ''}")


def _page(request: Request, form: Form[Any], key: str, step: str, answers: Answers, status: int = 200) -> Response:
    names = {k.partition(".")[2]: v[0] for k, v in answers.get("names", {}).items() if k.startswith("name.") and v}
    name = best(names, "en") or ("", "")
    area = answers.get("place", {}).get("area_name", [""])[0]
    page = SetupPage(form, key, step, ORDER.index(step), name[0].strip(), area.strip())
    return render(request, "setup.html", page, status, headers={"Cache-Control": "no-store"})


routes = [
    Route("/setup", show, methods=["GET"]),
    Route("/setup", keep, methods=["POST"]),
]
