"""TLS to other servers: who they are is checked, and a server that was met before need not show it all again.

A whole handshake costs four times the signature of what is sent; a resumed one costs less than half of that. The
sessions are kept by name, and a name is only ever resumed with the server that proved it.
"""

import ssl
from collections import OrderedDict
from functools import cache
from time import monotonic
from typing import Any

MOST = 1024  # servers whose sessions are kept, a few kilobytes each
LASTS = 6 * 3600  # seconds; then the certificate is looked at again


# What OpenSSL calls it → what a steward can pass on to the other one.
_OLD = "it speaks only versions of TLS that are no longer safe"
_REASONS = {
    "UNSUPPORTED_PROTOCOL": _OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
    "NO_PROTOCOLS_AVAILABLE": _OLD,
    "WRONG_VERSION_NUMBER": "it does not speak TLS there",
    "RECORD_LAYER_FAILURE": "it does not speak TLS there",
}

_UNVOUCHED = "nobody whom we know vouches for its certificate, or it does not send all of it"
_CERTIFICATES = {  # X509_V_ERR_…
    9: "its certificate is not valid yet, or a clock is wrong",
    10: "its certificate has expired",
    18: "its certificate is signed by itself",
    19: "its certificate is signed by an authority of its own",
    20: _UNVOUCHED,
    21: _UNVOUCHED,
}


def why(error: Exception) -> str:
    """What was wrong with them, in words for a steward."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, f"its certificate: {error.verify_message.rstrip('.')}"[:200])
    if isinstance(error, ssl.SSLError) and error.reason in _REASONS:
        return _REASONS[error.reason]
    return str(error)[:200] or "it broke off"


class Sessions:
    """The last session with each server, while it is young; of too many the oldest go."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, ssl.SSLSession]] = OrderedDict()

    def get(self, host: str) -> ssl.SSLSession | None:
        at, session = self._kept.get(host, (0.0, None))
        return session if monotonic() - at < LASTS else None

    def keep(self, host: str, session: ssl.SSLSession, *, resumed: bool) -> None:
        # What was resumed is as old as the certificate that was looked at.
        at = self._kept.pop(host, (monotonic(), None))[0] if resumed else monotonic()
        self._kept[host] = (at, session)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def forget(self, host: str) -> None:
        self._kept.pop(host, None)


class Context(ssl.SSLContext):
    """What certificates are held against. An event loop cannot be told to resume a session; its context can."""

    sessions: Sessions

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, server_side: bool = False,
        server_hostname: str | bytes | None = None, session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:  # fmt: skip
        known = self.sessions.get(server_hostname) if isinstance(server_hostname, str) else None
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or known)

    def met(self, host: str, found: Any) -> None:
        """Keep the session of a connection that has been used: a ticket comes behind the handshake."""
        if isinstance(found, ssl.SSLObject) and found.session is not None and found.session.has_ticket:
            self.sessions.keep(host, found.session, resumed=bool(found.session_reused))


@cache
def context() -> Context:
    """One for the process: making it reads every root certificate, 30 ms of CPU. Honours SSL_CERT_FILE."""
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.sessions = Sessions()
    made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    made.set_alpn_protocols(["http/1.1"])
    return made
