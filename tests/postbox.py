"""A mail server on loopback that keeps what it is given: what hubs send their letters to in tests."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult

HERE = {"host": "127.0.0.1", "security": "none", "sender": "hub@glan.example"}


class Postbox:
    """`letters` are those taken, oldest first. `refuse` makes the answer to a recipient, "" for taking them."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.port = 0
        self.refuse: Callable[[str], str] = lambda address: ""

    @property
    def mail(self) -> dict[str, Any]:
        """The section of a hub's configuration that leads here."""
        return HERE | {"port": self.port}

    def to(self, address: str) -> list[EmailMessage]:
        return [it for it in self.letters if it["To"] == address]

    def link(self, address: str = "") -> str:
        """The path and query of the link in the last letter (to somebody)."""
        letters = self.to(address) if address else self.letters
        found = re.search(r"https?://[^/\s]+(/\S*key=\S+)", letters[-1].get_content())
        assert found is not None, letters[-1].get_content()
        return found[1]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refusal = self.refuse(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.letters.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=default)))
        return "250 taken"


def _known(server: Any, session: Any, envelope: Any, mechanism: str, said: Any) -> AuthResult:
    return AuthResult(success=(said.login, said.password) == (b"hub", b"sesame"), handled=False)


@asynccontextmanager
async def a_postbox(*, tls: ssl.SSLContext | None = None, at_once: bool = False) -> AsyncIterator[Postbox]:
    """`tls`: it offers STARTTLS, or speaks TLS `at_once`, and then asks for a name, `hub`, and a password, `sesame`."""
    it = Postbox()

    def protocol() -> SMTP:
        words: dict[str, Any] = {"authenticator": _known, "auth_required": not at_once} if tls else {}
        secured = {"auth_require_tls": False} if at_once else {"tls_context": tls, "require_starttls": tls is not None}
        return SMTP(it, hostname="post.example", **words, **secured)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if at_once else None)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        await server.wait_closed()
