"""What whoever runs the machine decides: one file, `neighbourhub.toml`, or the environment, or nothing at all.

The structs here are the file's sections and keys, their types, defaults and meanings; the table in
docs/run/configuration.md is made from them. What a steward decides on a page is in `hub.settings`.
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from hub.errors import N_, HubError, Invalid

PREFIX = "NEIGHBOURHUB_"
MIB = 1024 * 1024  # bytes

Port = Annotated[int, Meta(ge=0, le=65535)]
Size = Annotated[int, Meta(ge=1024, le=1024 * MIB)]  # bytes
Times = Annotated[int, Meta(ge=1, le=1_000_000_000)]  # how often
Networks = tuple[str, ...]


def _say(meaning: str) -> Meta:
    return Meta(description=meaning)


class Server(msgspec.Struct, frozen=True):
    base_url: Annotated[
        str, _say("Where the world finds this hub, e.g. https://example.org. Empty: what set-up was given.")
    ] = ""
    host: Annotated[str, _say("Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, _say("Port to listen on; 0 takes a free one.")] = 8000
    trusted_proxies: Annotated[
        Networks, _say("Networks of your own proxies, whose word on a visitor's address is taken.")
    ] = ()
    tls_cert: Annotated[str, _say("File with the certificate chain (PEM), to serve HTTPS without a proxy.")] = ""
    tls_key: Annotated[str, _say("File with the certificate's private key (PEM).")] = ""


class Store(msgspec.Struct, frozen=True):
    url: Annotated[
        str, _say("postgresql://… for PostgreSQL. Empty: SQLite, in the data folder. Holds a password: prefer `_FILE`.")
    ] = ""


class Hub(msgspec.Struct, frozen=True):
    role: Annotated[
        Literal["hub", "aggregator"], _say("One neighbourhood's hub, or an aggregator that shows many.")
    ] = "hub"
    theme: Annotated[str, _say("Folder in themes/ whose templates and colours come before the base theme's.")] = "base"


class Network(msgspec.Struct, frozen=True):
    allow_private: Annotated[
        Networks,
        _say("Private networks that may be fetched from and delivered to, e.g. 127.0.0.0/8 to try things out."),
    ] = ()


class Media(msgspec.Struct, frozen=True):
    max_bytes: Annotated[Size, _say("Largest picture that may be uploaded, in bytes.")] = 16 * MIB
    max_pixels: Annotated[
        Annotated[int, Meta(ge=1_000_000, le=100_000_000)], _say("Largest picture that is decoded: width times height.")
    ] = 24_000_000


class Limits(msgspec.Struct, frozen=True):
    inbox_bytes: Annotated[Size, _say("Largest message taken from another server, in bytes.")] = MIB
    form_bytes: Annotated[Size, _say("Largest form taken from a browser, pictures not counted, in bytes.")] = 256 * 1024
    api_token: Annotated[Times, _say("Requests that one app may make for one person, in five minutes.")] = 300
    api_user: Annotated[Times, _say("Requests of all the apps of one person, in five minutes.")] = 1500
    api_guest: Annotated[Times, _say("Requests of apps without a token from one address, in five minutes.")] = 300
    api_media: Annotated[Times, _say("Pictures that one person may upload from apps, in half an hour.")] = 30
    api_delete: Annotated[Times, _say("Posts that one person may take back from apps, in half an hour.")] = 30
    api_apps: Annotated[Times, _say("Apps that may make themselves known from one address, in ten minutes.")] = 5


class Mail(msgspec.Struct, frozen=True):
    host: Annotated[str, _say("The mail server that takes this hub's letters. Empty: the hub sends no mail.")] = ""
    port: Annotated[Port, _say("Its port: usually 587 with starttls, 465 with tls.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"], _say("How the way there is kept private; none only on the same machine.")
    ] = "starttls"
    user: Annotated[str, _say("The name to sign in there with. Empty: without signing in.")] = ""
    password: Annotated[str, _say("Its password: prefer `_FILE`.")] = ""
    sender: Annotated[str, _say("The address that letters come from, e.g. hub@example.org.")] = ""


class Security(msgspec.Struct, frozen=True):
    require_second_factor: Annotated[
        bool,
        _say("Whether stewards and moderators need a second step to sign in, two weeks after they have become one."),
    ] = True


class Log(msgspec.Struct, frozen=True):
    format: Annotated[
        Literal["auto", "plain", "json"], _say("How lines look; auto: plain on a terminal, JSON otherwise.")
    ] = "auto"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], _say("The least important line that is written.")
    ] = "info"


class Worker(msgspec.Struct, frozen=True):
    inline: Annotated[
        bool, _say("Deliver from the web process. Say false where `neighbourhub work` runs beside it.")
    ] = True
    concurrency: Annotated[
        Annotated[int, Meta(ge=1, le=200)], _say("How many deliveries are under way at once, in each process.")
    ] = 48


class Config(msgspec.Struct, frozen=True):
    """All of it; `Config()` is what a volunteer gets who sets nothing."""

    server: Server = Server()
    store: Store = Store()
    hub: Hub = Hub()
    network: Network = Network()
    media: Media = Media()
    limits: Limits = Limits()
    mail: Mail = Mail()
    security: Security = Security()
    log: Log = Log()
    worker: Worker = Worker()


class Row(msgspec.Struct, frozen=True):
    """One key, as `neighbourhub config explain` and the documentation show it."""

    key: str
    env: str
    type: str
    default: str
    value: str
    meaning: str


class _Key(msgspec.Struct, frozen=True):
    section: str
    name: str
    kind: Any
    default: object

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def env(self) -> str:
        return f"{PREFIX}{self.section}_{self.name}".upper()


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The file at `path` (none: the defaults), with what the environment says instead.

    Raises `Invalid`, whose `field` is `section.key`, for what is unknown, of the wrong type, or does not fit together.
    """
    values = _from_file(path) | _from_environment(environ)
    sections = {
        name: kind(
            **{key.name: values[key.path] for key in _KEYS.values() if key.section == name and key.path in values}
        )
        for name, kind in get_type_hints(Config).items()
    }
    config = Config(**sections)
    _check(config)
    return config


def explain(config: Config) -> list[Row]:
    """Every key with what it is now; a password in an address is not shown."""
    return [
        Row(
            key=key.path,
            env=key.env,
            type=_type(key.kind),
            default=_shown(key.default),
            value=_value(config, key),
            meaning=_meaning(key.kind),
        )
        for key in _KEYS.values()
    ]


def table() -> str:
    """The table of docs/run/configuration.md, in Markdown."""
    lines = ["| Key | Environment | Type | Default | Meaning |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{row.key}` | `{row.env}` | {row.type} | {f'`{row.default}`' if row.default else 'empty'} | {row.meaning} |"
        for row in explain(Config())
    ]
    return "\n".join(lines)


def _keys() -> Iterator[_Key]:
    for section, kind in get_type_hints(Config).items():
        hints = get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            yield _Key(section, field.name, hints[field.name], field.default)


_KEYS = {key.path: key for key in _keys()}
_ENV = {key.env: key for key in _KEYS.values()}


def _from_file(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Invalid(N_("%(file)s cannot be read: %(why)s"), field="file", file=path, why=problem) from problem
    return dict(_flat(read))


def _flat(read: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for section, pairs in read.items():
        if not isinstance(pairs, dict):
            raise _unknown(section, _KEYS)
        for name, value in pairs.items():
            key = _KEYS.get(f"{section}.{name}")
            if key is None:
                raise _unknown(f"{section}.{name}", _KEYS)
            yield key.path, _convert(key, value, key.path, typed=True)


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    found = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or _KUBERNETES.match(name):
            continue
        key = _ENV.get(name) or _ENV.get(name.removesuffix("_FILE"))
        if key is None:
            raise _unknown(name, _ENV)
        if key.env != name:
            if key.env in environ:
                raise Invalid(
                    N_("%(name)s and %(other)s say the same thing twice."), key.path, name=name, other=key.env
                )
            value = _secret(name, value)
        found[key.path] = _convert(key, value, name, typed=False)
    return found


# A cluster tells every container about a service called "neighbourhub" in variables of these names.
_KUBERNETES = re.compile(rf"{PREFIX}(SERVICE|PORT)(_|$)")


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as problem:
        raise Invalid(
            N_("%(name)s names a file that cannot be read: %(why)s"), name, name=name, why=problem
        ) from problem


def _convert(key: _Key, value: object, name: str, *, typed: bool) -> object:
    if not typed and isinstance(value, str) and get_origin(_plain(key.kind)) is tuple:
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, key.kind, strict=typed)
    except msgspec.ValidationError as problem:
        raise Invalid(
            N_("%(name)s should be: %(type)s. %(why)s."), key.path, name=name, type=_type(key.kind), why=problem
        ) from problem


def _unknown(name: str, known: Mapping[str, object]) -> HubError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return Invalid(N_("There is no %(name)s. Did you mean %(near)s?"), name, name=name, near=near)


def _check(config: Config) -> None:
    base = config.server.base_url
    if base and not re.fullmatch(r"https?://[^\s/?#@]+", base):
        raise Invalid(
            N_("server.base_url should be https:// and the name of this hub, with nothing after it."), "server.base_url"
        )
    if bool(config.server.tls_cert) != bool(config.server.tls_key):
        raise Invalid(N_("server.tls_cert and server.tls_key belong together: give both or neither."), "server.tls_key")
    if config.store.url and not config.store.url.startswith(("postgresql://", "postgres://")):
        raise Invalid(N_("store.url should begin with postgresql://, or be empty for SQLite."), "store.url")
    _check_mail(config.mail)
    _check_networks("server.trusted_proxies", config.server.trusted_proxies)
    _check_networks("network.allow_private", config.network.allow_private)


def _check_mail(mail: Mail) -> None:
    if not mail.host:
        return
    if not re.fullmatch(r"[^\s<>@,;:\"]+@[^\s<>@,;:\"]+", mail.sender):
        raise Invalid(
            N_("mail.sender should be the address that letters come from, e.g. hub@example.org."), "mail.sender"
        )
    if mail.security == "none" and mail.password and mail.host not in ("localhost", "127.0.0.1", "::1"):
        raise Invalid(
            N_("mail.security is none: the password would go to %(host)s for all to read. Choose starttls."),
            "mail.security", host=mail.host,
        )  # fmt: skip


def _check_networks(key: str, networks: Networks) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as problem:
            raise Invalid(
                N_("%(key)s: %(network)s is no network like 10.0.0.0/8."), key, key=key, network=network
            ) from problem


def _plain(kind: Any) -> Any:
    return _plain(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _value(config: Config, key: _Key) -> str:
    value = _shown(getattr(getattr(config, key.section), key.name))
    return "…" if value and key.name == "password" else value


def _meaning(kind: Any) -> str:
    meaning: str = next(meta.description for meta in kind.__metadata__ if meta.description)
    return meaning


def _type(kind: Any) -> str:
    plain = _plain(kind)
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(get_args(plain))
    if get_origin(plain) is tuple:
        return "list of networks"
    return {bool: "true or false", int: "number", str: "text"}[plain]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", str(value))
