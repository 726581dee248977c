"""The few sentences that we say on other servers and in apps, in English and Welsh: dates, answers, how to take part.

The pages' own words go through gettext by the reader's language; here the reader is unknown, and each sentence
travels in every language that the thing itself is written in.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "cy": ("Llun", "Maw", "Mer", "Iau", "Gwe", "Sad", "Sul"),
}
MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "cy": (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref",
        "Tachwedd", "Rhagfyr",
    ),
}  # fmt: skip
BRITISH = {"Europe/London", "Europe/Belfast", "GB", "GB-Eire", "Europe/Jersey", "Europe/Guernsey", "Europe/Isle_of_Man"}

# Machine key → what a poll shows. At most 50 characters; once published they never change, or all votes are lost.
OPTIONS: dict[str, dict[str, dict[str, str]]] = {
    "event": {
        "yes": {"en": "Yes, I'll be there", "cy": "Bydda i yno"},
        "maybe": {"en": "Maybe", "cy": "Efallai"},
        "no": {"en": "Can't make it", "cy": "Alla i ddim dod"},
    },
    "ask": {
        "help": {"en": "I can help", "cy": "Galla i helpu"},
        "refer": {"en": "I know someone", "cy": "Dwi'n nabod rhywun"},
        "share": {"en": "Just sharing", "cy": "Dim ond rhannu"},
    },
    "offer": {
        "take": {"en": "Book me in", "cy": "Cadwch le i mi"},
        "info": {"en": "Tell me more", "cy": "Hoffwn wybod mwy"},
    },
}

SAYS: dict[str, dict[str, str]] = {
    "UK time": {"en": "UK time", "cy": "amser y DU"},
    "zone time": {"en": "{place} time", "cy": "amser {place}"},
    "until": {"en": "by {day}", "cy": "erbyn {day}"},
    "online": {"en": "Online", "cy": "Ar-lein"},
    "was": {"en": "Was: {when}", "cy": "Roedd i fod: {when}"},
    "cancelled": {"en": "CANCELLED", "cy": "WEDI'I GANSLO"},
    "postponed": {"en": "POSTPONED", "cy": "WEDI'I OHIRIO"},
    "told cancelled": {"en": "Cancelled: {title}. {reason}", "cy": "Wedi'i ganslo: {title}. {reason}"},
    "told postponed": {"en": "Postponed: {title}. {reason}", "cy": "Wedi'i ohirio: {title}. {reason}"},
    "told moved_online": {
        "en": "Now online: {title}, {when}. {reason} How to take part: {url}",
        "cy": "Ar-lein bellach: {title}, {when}. {reason} Sut i gymryd rhan: {url}",
    },
    "told tentative": {
        "en": "Not certain yet: {title}, {when}. Look again before you set out: {url}",
        "cy": "Heb ei gadarnhau eto: {title}, {when}. Edrychwch eto cyn cychwyn: {url}",
    },
    "told time": {
        "en": "New time: {title}. It is now {when}, at {place}.",
        "cy": "Amser newydd: {title}. Mae bellach {when}, yn: {place}.",
    },
    "told place": {
        "en": "New place: {title}, {when}. It is now at {place}.",
        "cy": "Lle newydd: {title}, {when}. Mae bellach yn: {place}.",
    },
    "told time and place": {
        "en": "New time and place: {title}. It is now {when}, at {place}.",
        "cy": "Amser a lle newydd: {title}. Mae bellach {when}, yn: {place}.",
    },
    "told scheduled": {
        "en": "It is on: {title}, {when}, at {place}.",
        "cy": "Mae'n digwydd: {title}, {when}, yn: {place}.",
    },
    "waiting": {
        "en": "All places at {title} ({when}) are taken. You are on the waiting list. When a place comes free it goes to whoever has waited longest, and we tell you. To leave the list, reply no, or go to {url}",  # noqa: E501
        "cy": "Mae pob lle yn {title} ({when}) wedi'i gymryd. Rydych chi ar y rhestr aros. Pan ddaw lle yn rhydd, bydd yn mynd i'r sawl sydd wedi aros hiraf, a byddwn ni'n dweud wrthych chi. I adael y rhestr, atebwch na, neu ewch i {url}",  # noqa: E501
    },
    "let in": {
        "en": "A place has come free: you are coming to {title}, {when}. If you can't make it after all, reply no, or go to {url}",  # noqa: E501
        "cy": "Mae lle wedi dod yn rhydd: rydych chi'n dod i {title}, {when}. Os na allwch chi ddod wedi'r cyfan, atebwch na, neu ewch i {url}",  # noqa: E501
    },
    "taken off": {
        "en": "The organiser has taken you off the list for {title}, {when}. If you don't know why, ask them: {url}",
        "cy": "Mae'r trefnydd wedi eich tynnu oddi ar y rhestr ar gyfer {title}, {when}. Os nad ydych chi'n gwybod pam, gofynnwch: {url}",  # noqa: E501
    },
    "no more": {
        "en": "There is no room for more of you at {title}, {when}. You keep the places that you have: {url}",
        "cy": "Does dim lle i ragor ohonoch chi yn {title}, {when}. Rydych chi'n cadw'r lleoedd sydd gennych: {url}",
    },
    "full": {
        "en": "FULL – waiting list. Say yes to be on it: who has waited longest gets the next free place.",
        "cy": "LLAWN – rhestr aros. Dywedwch ie i fod arni: y sawl sydd wedi aros hiraf sy'n cael y lle rhydd nesaf.",
    },
    "rsvp": {
        "en": "Vote below to say whether you are coming, or go to {link}. To change your answer, reply yes, maybe or no.",  # noqa: E501
        "cy": "Pleidleisiwch isod i ddweud a ydych chi'n dod, neu ewch i {link}. I newid eich ateb, atebwch y neges gydag ie, efallai neu na.",  # noqa: E501
    },
    "step free": {"en": "Step-free", "cy": "Di-risiau"},
    "not step free": {"en": "Steps on the way in", "cy": "Grisiau ar y ffordd i mewn"},
    "toilet": {"en": "accessible toilet", "cy": "toiled hygyrch"},
    "hearing loop": {"en": "hearing loop", "cy": "dolen glyw"},
    "sign language": {"en": "BSL on request", "cy": "BSL ar gais"},
    "children": {"en": "children welcome", "cy": "croeso i blant"},
    "parking": {"en": "Blue Badge parking", "cy": "parcio Bathodyn Glas"},
    "ask": {"en": "ASK", "cy": "CAIS"},
    "offer": {"en": "OFFER", "cy": "CYNNIG"},
    "matched": {"en": "MATCHED", "cy": "WEDI CAEL RHYWUN"},
    "closed": {"en": "CLOSED", "cy": "WEDI CAU"},
    "answer": {
        "en": "Vote “{option}”, or reply with those words, and we answer you by private message: follow us first, or it may not reach you. Or leave a way to reach you at {link}. Only the hub's coordinators see who offers.",  # noqa: E501
        "cy": "Pleidleisiwch “{option}”, neu atebwch â'r geiriau hynny, ac fe gewch neges breifat gennym: dilynwch ni yn gyntaf, neu efallai na ddaw hi atoch. Neu gadewch ffordd o gysylltu â chi yn {link}. Dim ond cydlynwyr yr hwb sy'n gweld pwy sy'n cynnig.",  # noqa: E501
    },
    "checked": {
        "en": "For this we need people whom the hub has checked.",
        "cy": "Ar gyfer hyn mae angen pobl y mae'r hwb wedi'u gwirio.",
    },
    "offered": {
        "en": "Thank you for offering: {title}. A coordinator looks at it and writes to you here. If you can't after all, reply: no longer. {url}",  # noqa: E501
        "cy": "Diolch am gynnig: {title}. Bydd cydlynydd yn edrych arno ac yn ysgrifennu atoch yma. Os na allwch chi wedi'r cyfan, atebwch: ddim bellach. {url}",  # noqa: E501
    },
    "pass on": {
        "en": "Thank you. This is the link to pass on: {url}",
        "cy": "Diolch. Dyma'r ddolen i'w rhannu: {url}",
    },
    "no longer needed": {"en": "Already covered, thank you.", "cy": "Mae rhywun yn gwneud hyn eisoes, diolch."},
    "new project": {
        "en": "New project: {title}. Follow it at {acct}.",
        "cy": "Prosiect newydd: {title}. Dilynwch y prosiect: {acct}.",
    },
    "area": {"en": "Area", "cy": "Ardal"},
    "website": {"en": "Website", "cy": "Gwefan"},
    "hub": {"en": "Hub", "cy": "Hwb"},
    "stage": {"en": "Stage", "cy": "Cam"},
    "stage proposed": {"en": "Proposed", "cy": "Syniad"},
    "stage active": {"en": "Under way", "cy": "Ar y gweill"},
    "stage paused": {"en": "Paused", "cy": "Wedi'i oedi"},
    "stage done": {"en": "Done", "cy": "Wedi'i orffen"},
    "desk": {"en": "Speaks for the hub {name}.", "cy": "Yn siarad dros yr hwb {name}."},
    "server": {"en": "The server of {name}.", "cy": "Gweinydd {name}."},
    "parts": {"en": "Follow just a part", "cy": "Dilyn rhan yn unig"},
    "slice events": {"en": "Every event of {hub}, nothing else.", "cy": "Pob digwyddiad gan {hub}, a dim byd arall."},
    "slice asks": {
        "en": "Everybody in {hub} who needs a hand, and nothing else.",
        "cy": "Pawb yn {hub} sydd angen help llaw, a dim byd arall.",
    },
    "slice offers": {"en": "What neighbours in {hub} offer.", "cy": "Yr hyn y mae cymdogion yn {hub} yn ei gynnig."},
    "slice topic": {"en": "Whatever {hub} publishes about {name}.", "cy": "Popeth mae {hub} yn ei gyhoeddi am {name}."},
    "slice series": {"en": "Each time of {name}, by {hub}.", "cy": "Pob tro mae {name} yn digwydd, gan {hub}."},
    "slice patch": {"en": "What goes on around {name}, by {hub}.", "cy": "Beth sy’ mlaen o gwmpas {name}, gan {hub}."},
    "slice area": {
        "en": "What the hubs of {name} publish, passed on by {hub}.",
        "cy": "Yr hyn y mae hybiau {name} yn ei gyhoeddi, wedi’i rannu gan {hub}.",
    },
}


def say(what: str, language: str, **facts: object) -> str:
    """A sentence of ours in `language`; in English when we do not speak that."""
    return SAYS[what][_spoken(language)].format(**facts)


def options(kind: str, language: str) -> list[str]:
    """The answers of a poll about an `event`, an `ask` or an `offer`, in the order of their keys."""
    return [labels[_spoken(language)] for labels in OPTIONS[kind].values()]


def chosen(kind: str, label: str) -> str | None:
    """What a vote for `label` means (`yes`, `help`, …), in whichever language the poll was; `None` when nothing."""
    return next((key for key, labels in OPTIONS[kind].items() if label in labels.values()), None)


def when(starts: int, ends: int, zone: str, language: str) -> str:
    """Day, date and hours, as in "Sat 6 June 2026, 10:00 to 13:00 (UK time)", in short. `starts`, `ends` in ms UTC."""
    spoken = _spoken(language)
    first, last = local(starts, zone), local(ends, zone)
    span = f"{first:%H:%M}–{last:%H:%M}"
    if first.date() != last.date():
        span = f"{first:%H:%M} – {_day(last, spoken)}, {last:%H:%M}"
    return f"{_day(first, spoken)}, {span} ({_clock(zone, spoken)})"


def until(ms: int, zone: str, language: str) -> str:
    """By which day: "by Sat 6 June 2026"."""
    spoken = _spoken(language)
    return SAYS["until"][spoken].format(day=_day(local(ms, zone), spoken))


def local(ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone))


def _day(it: datetime, spoken: str) -> str:
    return f"{DAYS[spoken][it.weekday()]} {it.day} {MONTHS[spoken][it.month - 1]} {it.year}"


def _clock(zone: str, spoken: str) -> str:
    if zone in BRITISH:
        return SAYS["UK time"][spoken]
    return SAYS["zone time"][spoken].format(place=zone.rpartition("/")[2].replace("_", " "))


def _spoken(language: str) -> str:
    return "cy" if language.partition("-")[0] == "cy" else "en"
