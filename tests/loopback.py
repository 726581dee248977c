"""Servers on loopback that behave as no server should."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


@dataclass
class Seen:
    """What reached a fake peer."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)  # heads, with the body behind them
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def answering(raw: bytes) -> Answer:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return answer


@asynccontextmanager
async def peer(answer: Answer | bytes = OK, tls: ssl.SSLContext | None = None) -> AsyncIterator[Seen]:
    """A server that gives `answer` to every request, and keeps the connection until we hang up."""
    seen = Seen()
    reply = answering(answer) if isinstance(answer, bytes) else answer
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        try:
            while request := await _request(reader):
                seen.requests.append(request)
                seen.at_once += 1
                seen.most_at_once = max(seen.most_at_once, seen.at_once)
                await reply(request, writer)
                seen.at_once -= 1
        except ConnectionError:
            seen.at_once -= 1  # they hung up on us, as they should
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(talk(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return head + await reader.readexactly(int(line[15:]))
    return head


class Authority:
    """Who vouches for the servers of a test. `root` is the file that makes it known."""

    def __init__(self, folder: Path, name: str = "Valleys Test Authority") -> None:
        self.folder, self.root = folder, folder / "root.pem"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._vouch(self._name, self._key.public_key(), x509.BasicConstraints(True, None), (-1, 1))
        self.root.write_bytes(own.public_bytes(Encoding.PEM))

    def certificate(self, name: str, days: tuple[int, int] = (-1, 1)) -> Path:
        """A file with a key and a certificate for `name`, good between these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        leaf = self._vouch(subject, key.public_key(), x509.SubjectAlternativeName([x509.DNSName(name)]), days)
        file = self.folder / f"{name}{days[1]}.pem"
        file.write_bytes(_secret(key) + leaf.public_bytes(Encoding.PEM))
        return file

    def _vouch(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, extension: x509.ExtensionType,
        days: tuple[int, int],
    ) -> x509.Certificate:  # fmt: skip
        return _signed(subject, public, self._name, self._key, extension, days)


def by_itself(name: str, folder: Path) -> Path:
    """A file with a key and a certificate for `name` that nobody vouches for but itself."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    file = folder / f"{name}-alone.pem"
    file.write_bytes(
        _secret(key) + _signed(subject, key.public_key(), subject, key, names, (-1, 1)).public_bytes(Encoding.PEM)
    )
    return file


def serving(file: Path) -> ssl.SSLContext:
    """A server's TLS context with the key and certificate in `file`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def certificate(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for `name`, and the file of the authority that vouches for it."""
    authority = Authority(folder)
    return serving(authority.certificate(name)), authority.root


def _secret(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signed(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: x509.Name, key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType, days: tuple[int, int],
) -> x509.Certificate:  # fmt: skip
    begins, ends = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=it) for it in days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(public).serial_number(x509.random_serial_number())
        .not_valid_before(begins).not_valid_after(ends)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(key, SHA256())
    )  # fmt: skip
