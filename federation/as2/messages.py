"""Words to one actor alone: a `Note` addressed to nobody else, with the `Mention` that makes it ring there."""

from html import escape

from federation.as2 import content
from federation.as2.contexts import Json
from hub.messages import Message
from hub.settings import Hub


def message(it: Message, hub: Hub) -> Json:
    spoken = content.languages(hub, it.html)
    acct = f"@{it.receiver.handle}@{it.receiver.domain}"
    named = (
        f'<span class="h-card"><a href="{escape(it.receiver.url)}" class="u-url mention">'
        f"@<span>{escape(it.receiver.handle)}</span></a></span>"
    )
    return {
        "id": it.uri,
        "type": "Note",
        "attributedTo": it.sender.uri,
        "to": [it.receiver.uri],
        "cc": [],
        **({"inReplyTo": it.reply_to} if it.reply_to else {}),
        **content.words(spoken, it.html, lambda _, html: f"<p>{named}</p>{html}"),
        "url": it.uri,
        "published": content.stamp(it.at),
        "sensitive": False,
        "attachment": [],
        "tag": [content.mention(acct, it.receiver.uri)],
    }
