"""What a browser calls itself, said in words: "Firefox on Linux". Better little than wrong.

Nearly all claim to be Mozilla, and most to be Chrome and Safari too. So each pattern is one browser's whole line, with
nothing after it that another maker may have added; what fits none is "a browser".
"""

import re

from hub.errors import N_

UNKNOWN = N_("A browser")
_WEBKIT, _SAFARI = r" AppleWebKit/[\d.]+ \(KHTML, like Gecko\)", r" Safari/[\d.]+"
_CHROME = _WEBKIT + r" Chrome/[\d.]+(?: Mobile)?" + _SAFARI
_ON_IOS = r" Mobile/\w+" + _SAFARI
_BROWSERS = (
    (r" Gecko/[\d.]+ Firefox/[\d.]+", N_("Firefox")),
    (_WEBKIT + r" FxiOS/[\d.]+" + _ON_IOS, N_("Firefox")),
    (_CHROME + r" EdgA?/[\d.]+", N_("Edge")),
    (_WEBKIT + r" Version/[\d.]+ EdgiOS/[\d.]+" + _ON_IOS, N_("Edge")),
    (_CHROME + r" OPR/[\d.]+", N_("Opera")),
    (_WEBKIT + r" SamsungBrowser/[\d.]+ Chrome/[\d.]+(?: Mobile)?" + _SAFARI, N_("Samsung Internet")),
    (_WEBKIT + r" CriOS/[\d.]+" + _ON_IOS, N_("Chrome")),
    (_CHROME, N_("Chrome, or one like it")),  # Brave and others say the same, on purpose
)
_APPLES = _WEBKIT + r" Version/[\d.]+(?: Mobile/\w+)?" + _SAFARI
_SYSTEMS = (
    ("iPhone", N_("an iPhone")), ("iPad", N_("an iPad")), ("Android", N_("Android")), ("CrOS", N_("ChromeOS")),
    ("Windows NT", N_("Windows")), ("Macintosh", N_("a Mac")), ("Linux", N_("Linux")),
)  # fmt: skip
_MAC_OR_IPAD = N_("a Mac or an iPad")
_LINE = re.compile(r"Mozilla/5\.0 \(([^()]*)\)(.*)")


def named(agent: str) -> tuple[str, str]:
    """The browser and what it runs on, as messages to be translated; "" for a system that it does not tell."""
    line = _LINE.fullmatch(agent)
    if line is None:
        return UNKNOWN, ""
    system = next((name for mark, name in _SYSTEMS if mark in line[1]), "")
    if re.fullmatch(_APPLES, line[2]) and re.match(r"iPhone|iPad|Macintosh", line[1]):
        return N_("Safari"), _MAC_OR_IPAD if line[1].startswith("Macintosh") else system  # an iPad says it is a Mac
    return next((name for pattern, name in _BROWSERS if re.fullmatch(pattern, line[2])), UNKNOWN), system
