"""For those who organise: who can help with an ask, and what becomes of each of them, step by step."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, helping, things
from hub.errors import N_, HubError, NotAllowed, NotFound
from hub.helping import Answer
from hub.store import Tx
from hub.text import Text
from web import auth, done, forms, i18n
from web.forms import Form
from web.shell import best, language
from web.templates import render, see_other


class AnswersPage(msgspec.Struct, frozen=True):
    """Everybody who answered an ask or an offer: those for whom something is to be done first, else the newest."""

    ask: asks.Ask
    answers: list[Answer]


class AnswerPage(msgspec.Struct, frozen=True):
    """One of them, and what can be done about it: `form` has a part for each step."""

    ask: asks.Ask
    answer: Answer
    form: Form[Any]


class Accept(msgspec.Struct, frozen=True):
    """`words` go to the helper, in private."""

    words: str = ""
    checked: bool = False


class Decline(msgspec.Struct, frozen=True):
    no: str = ""


class Done(msgspec.Struct, frozen=True):
    hours: float | None = None


class Thank(msgspec.Struct, frozen=True):
    """`how` is public or private."""

    thanks: str = ""
    how: str = "public"


class Step(msgspec.Struct, frozen=True):
    """A button: its form, what it does, and what the page calls the field that the domain knows as `words`."""

    form: type[msgspec.Struct]
    take: Callable[[Tx, int, int, Any, str], Answer]
    words: str = "words"


STEPS = {
    "accepted": Step(
        Accept, lambda tx, who, id, it, lang: helping.accept(tx, who, id, _in(lang, it.words), checked=it.checked)
    ),
    "declined": Step(Decline, lambda tx, who, id, it, lang: helping.decline(tx, who, id, _in(lang, it.no)), "no"),
    "done": Step(Done, lambda tx, who, id, it, lang: helping.done(tx, who, id, it.hours)),
    "thanked": Step(
        Thank,
        lambda tx, who, id, it, lang: helping.thank(tx, who, id, _in(lang, it.thanks), public=it.how == "public"),
        "thanks",
    ),
}
DECLINED = N_("Thank you for offering. Somebody else is doing it this time.")
THANKS = N_("Thank you to the neighbour who helped with “%(title)s”.")
THANKS_BY_NAME = N_("Thank you to %(name)s, who helped with “%(title)s”.")


@auth.needs("organiser")
async def answers(request: Request) -> Response:
    who = auth.require(request, "organiser")
    page = await request.app.state.store.read(_answers, who.actor, request.path_params["id"])
    return render(request, "answers.html", page, headers=_PRIVATE)


def _answers(tx: Tx, who: int, id: int) -> AnswersPage:
    things.ours(tx, id, ("ask", "offer"))
    return AnswersPage(asks.get(tx, id), sorted(helping.answers(tx, who, id), key=_turn))


def _turn(it: Answer) -> int:
    """What waits for a coordinator stands first."""
    waits = ("offered", "accepted", "done")
    return waits.index(it.state) if it.state in waits and it.said != "share" else len(waits)


@auth.needs("organiser")
async def answer(request: Request) -> Response:
    return await _page(request, None)


@auth.needs("organiser")
async def decide(request: Request) -> Response:
    """The next step. What does not fit is said beside its field, and what was typed is kept."""
    who, state = auth.require(request, "organiser"), request.app.state
    id, number = request.path_params["id"], request.path_params["answer"]
    typed, _ = await forms.read(request, forms.WORDS, 0)
    wanted = typed.get("state", [""])[0]
    step = STEPS.get(wanted)
    if step is None:
        return see_other(request, f"/asks/{id}/answers/{number}")
    form: Form[Any] = forms.convert(typed, step.form, state.hub.zone)
    if form.value is None:
        return await _page(request, form, 422)
    try:
        await state.store.write(_take, step, who.actor, id, number, form.value, _lang(request))
    except (NotFound, NotAllowed):
        raise
    except HubError as refusal:
        refusal.field = step.words if refusal.field == "words" else refusal.field
        return await _page(request, form.refuse(refusal), 422)
    return see_other(request, done.path(f"/asks/{id}/answers", f"help-{wanted}"))


def _take(tx: Tx, step: Step, who: int, ask: int, answer: int, typed: Any, lang: str) -> None:
    _under(tx, ask, answer)
    step.take(tx, who, answer, typed, lang)


async def _page(request: Request, form: Form[Any] | None, status: int = 200) -> Response:
    id, number = request.path_params["id"], request.path_params["answer"]
    ask, it = await request.app.state.store.read(_under, id, number)
    page = AnswerPage(ask, it, form or forms.blank(**_proposed(request, ask, it)))
    return render(request, "answer.html", page, status, headers=_PRIVATE)


def _under(tx: Tx, ask: int, answer: int) -> tuple[asks.Ask, Answer]:
    """An answer of this very ask, which is ours. Raises `NotFound`."""
    things.ours(tx, ask, ("ask", "offer"))
    it = helping.get(tx, answer)
    if it.ask != ask:
        raise NotFound(N_("That answer belongs to another ask."))
    return asks.get(tx, ask), it


def _proposed(request: Request, ask: asks.Ask, it: Answer) -> dict[str, str]:
    """Words to begin with, in the page's language: a coordinator makes them their own."""
    lang = _lang(request)
    words = i18n.catalogue(lang, request.app.state.press.folders)
    title = (best(ask.title, lang) or ("", ""))[0]
    thanks = words.gettext(THANKS_BY_NAME if it.named else THANKS) % {"name": it.handle or it.name, "title": title}
    hours = it.hours or ask.hours
    return {
        "how": "public", "no": words.gettext(DECLINED), "thanks": thanks, "hours": f"{hours:g}" if hours else "",
    }  # fmt: skip


def _in(lang: str, words: str) -> Text:
    return {lang: words} if words.strip() else {}


def _lang(request: Request) -> str:
    return language(request, request.app.state.hub, auth.visitor(request))[0]


_PRIVATE = {"Cache-Control": "no-store"}

routes = [
    Route("/asks/{id:int}/answers", answers, methods=["GET"]),
    Route("/asks/{id:int}/answers/{answer:int}", answer, methods=["GET"]),
    Route("/asks/{id:int}/answers/{answer:int}", decide, methods=["POST"]),
]
