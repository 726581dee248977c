"""What a scope lets an app do, in words that its user understands."""

from collections.abc import Mapping, Sequence

import msgspec

from hub.errors import N_


class Means(msgspec.Struct, frozen=True):
    """What an app may see, and what it may do: messages still to be translated."""

    sees: tuple[str, ...]
    does: tuple[str, ...]


SEES = {
    "read": N_("everything that you see here, private messages too"),
    "profile": N_("your name and your picture, and nothing else"),
    "read:accounts": N_("profiles, your own settings too"),
    "read:blocks": N_("whom you block"),
    "read:bookmarks": N_("your bookmarks"),
    "read:collections": N_("your collections"),
    "read:favourites": N_("what you like"),
    "read:filters": N_("your filters"),
    "read:follows": N_("whom you follow, and who follows you"),
    "read:lists": N_("your lists"),
    "read:mutes": N_("whom you do not want to hear"),
    "read:notifications": N_("what you are told"),
    "read:search": N_("what you find when you search"),
    "read:statuses": N_("what is posted, private messages too"),
    "admin:read": N_("accounts, reports and rules, as you do when you look after the hub"),
}
DOES = {
    "write": N_("do everything in your name: post, delete, answer, change your profile"),
    "write:accounts": N_("change your profile"),
    "write:blocks": N_("block people and let them in again"),
    "write:bookmarks": N_("add and remove bookmarks"),
    "write:collections": N_("change your collections"),
    "write:conversations": N_("put private conversations away"),
    "write:favourites": N_("like things in your name"),
    "write:filters": N_("change your filters"),
    "write:follows": N_("follow in your name, and stop following"),
    "write:lists": N_("change your lists"),
    "write:media": N_("upload pictures"),
    "write:mutes": N_("silence people and hear them again"),
    "write:notifications": N_("clear what you are told"),
    "write:reports": N_("report people and posts in your name"),
    "write:statuses": N_("post, answer and delete in your name"),
    "follow": N_("follow, silence and block people in your name"),
    "push": N_("send notifications to your device"),
    "admin:write": N_("act on accounts, reports and rules, as you do when you look after the hub"),
}


def meant(granted: Sequence[str]) -> Means:
    return Means(_said(SEES, granted), _said(DOES, granted))


def _said(words: Mapping[str, str], granted: Sequence[str]) -> tuple[str, ...]:
    """The greatest of them: what another contains is not said again."""
    found = []
    for scope, message in words.items():
        above, _, _ = scope.rpartition(":")
        inside = any(one == scope or one.startswith(f"{scope}:") for one in granted if scope.startswith("admin:"))
        if inside or (scope in granted and above not in granted):
            found.append(message)
    return tuple(found)
