"""Servers of another make, in this process: actors with real keys, documents to be fetched, an inbox that remembers."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from pairs import KeyPair, generate

from federation import signatures
from federation.keys import load_private
from hub.clock import now

Json = dict[str, Any]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
ACTIVITY = "application/activity+json"

_PAIRS: list[KeyPair] = []


def pair(number: int = 0) -> KeyPair:
    """A key pair of this test run; making one takes 50 ms, so everybody shares a few."""
    while len(_PAIRS) <= number:
        _PAIRS.append(generate())
    return _PAIRS[number]


class Elsewhere:
    """A server called `host`. `documents` are answered by path, everything posted is kept in `received`."""

    def __init__(self, host: str, software: str = "mastodon") -> None:
        self.host, self.base = host, f"https://{host}"
        self.documents: dict[str, tuple[int, str, bytes]] = {}
        self.received: list[Json] = []
        self.asked: list[str] = []
        self.inbox_answers: list[tuple[int, dict[str, str]]] = []  # what the next deliveries are told, then 202
        self.headers: list[dict[str, str]] = []
        if software:
            info = f"{self.base}/nodeinfo/2.1"
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
            self.serve("/.well-known/nodeinfo", {"links": [{"rel": rel, "href": info}]}, "application/json")
            self.serve("/nodeinfo/2.1", {"software": {"name": software}}, "application/json")

    def serve(self, path: str, doc: Json | bytes, type: str = ACTIVITY, status: int = 200) -> None:
        body = doc if isinstance(doc, bytes) else msgspec.json.encode(doc)
        self.documents[path] = (status, type, body)

    def actor(self, name: str, type: str = "Person", *, key: int = 0, **more: Any) -> str:
        """Have an actor live here. Returns its id."""
        uri = f"{self.base}/users/{name}"
        keys = pair(key)
        self.serve(
            f"/users/{name}",
            {
                "@context": [CONTEXT, "https://w3id.org/security/v1"], "id": uri, "type": type,
                "preferredUsername": name, "name": name.title(), "published": "2026-01-01T00:00:00Z",
                "inbox": f"{uri}/inbox",
                "outbox": f"{uri}/outbox", "followers": f"{uri}/followers",
                "endpoints": {"sharedInbox": f"{self.base}/inbox"},
                "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": keys.rsa_public},
                "assertionMethod": [{
                    "id": f"{uri}#ed25519-key", "type": "Multikey", "controller": uri,
                    "publicKeyMultibase": keys.ed25519_public,
                }],
            } | more,
        )  # fmt: skip
        return uri

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        path = scope["path"] + (f"?{query}" if query else "")
        self.asked.append(path)
        status, type, body, extra = 404, "text/plain", b"nothing", {}
        if scope["method"] == "POST":
            message = await receive()
            status, extra = self.inbox_answers.pop(0) if self.inbox_answers else (202, {})
            self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
            if status < 300:
                self.received.append(msgspec.json.decode(message["body"]))
            body = b""
        elif path in self.documents:
            status, type, body = self.documents[path]
            if 300 <= status < 400:
                extra, body = {"location": body.decode()}, b""
        head = {"content-type": type} | extra
        await send({
            "type": "http.response.start", "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in head.items()],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": body})

    def forget(self) -> None:
        self.received.clear()
        self.asked.clear()


def create(author: str, id: str, **thing: Any) -> Json:
    """A `Create` of a public thing of `author`'s; a `Note` unless it says otherwise."""
    to = {"to": [PUBLIC], "cc": [f"{author}/followers"]}
    whole = {"id": id, "type": "Note", "attributedTo": author, "published": "2026-04-30T12:00:00Z", **to} | thing
    return {"@context": CONTEXT, "id": f"{id}#create", "type": "Create", "actor": author, **to, "object": whole}


def activity(type: str, actor: str, object: Any, id: str = "", **more: Any) -> Json:
    number = sha256(msgspec.json.encode([type, object, more], order="sorted")).hexdigest()[:12]
    return {
        "@context": CONTEXT,
        "id": id or f"{actor}#{type.lower()}-{number}",
        "type": type,
        "actor": actor,
        "object": object,
    } | more


class Answer(msgspec.Struct, frozen=True):
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return msgspec.json.decode(self.content)


async def post(
    app: Any, url: str, sent: Json | bytes, *, by: str = "", key: int = 0, key_id: str = "", scheme: str = "cavage",
    ed25519: bool = False, at: int | None = None, headers: Mapping[str, str] | None = None, body: bytes | None = None,
) -> Answer:  # fmt: skip
    """Sign as `by` (the activity's actor, if not said) and post; `headers` and `body` stand for what was signed."""
    raw = sent if isinstance(sent, bytes) else msgspec.json.encode(sent)
    signer = by or (sent["actor"] if isinstance(sent, dict) else "")
    private = load_private(pair(key).ed25519_private if ed25519 else pair(key).rsa_private)
    sign = signatures.sign_cavage if scheme == "cavage" else signatures.sign_rfc9421
    name = key_id or f"{signer}#{'ed25519-key' if ed25519 else 'main-key'}"
    signed = sign("POST", url, key_id=name, key=private, at=now() if at is None else at, body=raw)
    return await send(app, url, raw if body is None else body, {**signed, **(headers or {})})


async def send(
    app: Any, url: str, body: bytes, headers: Mapping[str, str], *, also: Sequence[tuple[str, str]] = ()
) -> Answer:
    """Post as it stands; a header that is empty is left out, `also` come besides."""
    parts = urlsplit(url)
    head = {"host": parts.netloc, "content-type": ACTIVITY, "content-length": str(len(body)), **headers}
    named = [(name, value) for name, value in head.items() if value] + [*also]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": parts.scheme,
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named], "server": (parts.netloc, 443),
        "client": ("192.0.2.1", 1234),
    }  # fmt: skip
    told: list[Any] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: Json) -> None:
        told.append(message)

    await app(scope, receive, answer)
    answered = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return Answer(told[0]["status"], answered, b"".join(message["body"] for message in told[1:]))


def cavage(
    url: str, body: bytes, names: str, *, key_id: str, headers: Mapping[str, str], key: int = 0,
    algorithm: str = "rsa-sha256", extra: str = "",
) -> dict[str, str]:  # fmt: skip
    """A draft-cavage signature over exactly `names`, right or wrong as the test wants it."""
    path = urlsplit(url).path
    values = {"(request-target)": f"post {path}", **headers}
    for part in extra.split(","):
        if "=" in part:
            values[f"({part.partition('=')[0]})"] = part.partition("=")[2]
    text = "\n".join(f"{name}: {values[name]}" for name in names.split())
    private: Any = load_private(pair(key).rsa_private)
    made = b64encode(private.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    more = f"{extra}," if extra else ""
    value = f'keyId="{key_id}",algorithm="{algorithm}",{more}headers="{names}",signature="{made}"'
    return {**headers, "signature": value}


def digest(body: bytes, name: str = "SHA-256") -> str:
    return f"{name}={b64encode(sha256(body).digest()).decode()}"
