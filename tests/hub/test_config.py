"""What the machine's keeper sets is understood exactly, or refused with the right hint."""

from pathlib import Path

import msgspec
import pytest

from hub.config import Config, explain, load, table
from hub.errors import Invalid


def written(folder: Path, words: str) -> Path:
    path = folder / "neighbourhub.toml"
    path.write_text(words)
    return path


def test_nothing_set_is_a_whole_configuration() -> None:
    assert load(None, {}) == Config()
    assert Config().worker.inline


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    path = written(tmp_path, '[server]\nport = 81\nhost = "::1"\n[hub]\nrole = "aggregator"\n')

    config = load(path, {"NEIGHBOURHUB_SERVER_PORT": "82", "PATH": "/bin"})

    assert (config.server.port, config.server.host, config.hub.role) == (82, "::1", "aggregator")


def test_lists_and_yes_or_no_come_from_the_environment_too() -> None:
    config = load(
        None,
        {"NEIGHBOURHUB_NETWORK_ALLOW_PRIVATE": "127.0.0.0/8, ::1/128,", "NEIGHBOURHUB_WORKER_INLINE": "false"},
    )

    assert config.network.allow_private == ("127.0.0.0/8", "::1/128")
    assert not config.worker.inline


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "store"
    secret.write_text("postgresql://hub:tea@db/hub\n")

    config = load(None, {"NEIGHBOURHUB_STORE_URL_FILE": str(secret)})

    assert config.store.url == "postgresql://hub:tea@db/hub"
    assert "tea" not in str([row for row in explain(config) if row.key == "store.url"])


def test_a_secret_given_twice_or_from_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="twice"):
        load(None, {"NEIGHBOURHUB_STORE_URL_FILE": "x", "NEIGHBOURHUB_STORE_URL": "postgresql://db/hub"})
    with pytest.raises(Invalid, match="cannot be read"):
        load(None, {"NEIGHBOURHUB_STORE_URL_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("[server]\nprot = 1", "server.port"),
        ("[sever]\nport = 1", "server.port"),
        ("[hub]\nroles = 'hub'", "hub.role"),
        ("base_ur = 1", "server.base_url"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path, words: str, near: str) -> None:
    with pytest.raises(Invalid, match=rf"Did you mean {near}\?"):
        load(written(tmp_path, words), {})


def test_an_unknown_variable_names_the_nearest_known_one() -> None:
    with pytest.raises(Invalid, match=r"Did you mean NEIGHBOURHUB_SERVER_PORT\?"):
        load(None, {"NEIGHBOURHUB_SERVER_PROT": "1"})


def test_what_a_cluster_sets_for_a_service_of_our_name_is_not_ours() -> None:
    assert load(None, {"NEIGHBOURHUB_PORT": "tcp://10.0.0.1:80", "NEIGHBOURHUB_SERVICE_HOST": "10.0.0.1"}) == Config()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("[server]\nport = '80'", "server.port"),
        ("[server]\nport = 70000", "server.port"),
        ("[server]\nbase_url = 'riverside.example'", "server.base_url"),
        ("[server]\nbase_url = 'https://riverside.example/hub'", "server.base_url"),
        ("[server]\nbase_url = 'https://ann@riverside.example'", "server.base_url"),
        ("[server]\ntls_cert = 'a.pem'", "server.tls_key"),
        ("[server]\ntrusted_proxies = ['caddy']", "server.trusted_proxies"),
        ("[server]\ntrusted_proxies = '10.0.0.0/8'", "server.trusted_proxies"),
        ("[network]\nallow_private = ['10.0.0.1/8']", "network.allow_private"),
        ("[store]\nurl = 'mysql://db/hub'", "store.url"),
        ("[hub]\nrole = 'king'", "hub.role"),
        ("[worker]\ninline = 'false'", "worker.inline"),
        ("[worker]\nconcurrency = 0", "worker.concurrency"),
        ("[media]\nmax_bytes = -1", "media.max_bytes"),
        ("not toml", "file"),
        ("[server]\nport = 1\n[server]\nport = 2", "file"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(tmp_path: Path, words: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        load(written(tmp_path, words), {})

    assert refusal.value.field == field


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        load(tmp_path / "missing.toml", {})


def test_every_key_can_be_explained_and_set_by_its_variable() -> None:
    rows = explain(Config())

    assert {row.key for row in rows} == {
        f"{section.name}.{key.name}"
        for section in msgspec.structs.fields(Config)
        for key in msgspec.structs.fields(section.type)
    }
    for row in rows:
        assert row.meaning.endswith((".", "`_FILE`.")), row
        assert row.default == row.value
        if row.value:
            assert load(None, {row.env: row.value}) == Config()


def test_the_documentation_has_every_key_as_it_is() -> None:
    page = Path(__file__).parents[2] / "docs/run/configuration.md"
    shown = page.read_text().split("<!-- table: made from hub/config.py; a test compares -->\n")[1]

    assert shown.split("\n<!-- end of table -->")[0] == table(), (
        "put the output of hub.config.table() between the marks"
    )
