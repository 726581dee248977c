"""The command line: alone, and beside a hub that runs."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from processes import PASSWORD, Hub

from web.cli import main

pytestmark = pytest.mark.slow

EVENT = {
    "title": {"en": "Riverbank clear-up"}, "starts": "2031-06-06T10:00",
    "ends": "2031-06-06T13:00", "venue": "Mill Bridge",
}  # fmt: skip


class Alone:
    """Commands on a hub that nobody serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "password").write_text(PASSWORD)

    def __call__(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [*words, "--data", str(self.folder / "data")])
        assert result.exit_code == code, result.output
        return result

    def set_up(self) -> Result:
        return self(
            "init", "--base-url", "https://glan.example", "--name", "Riverside", "--steward", "bethan",
            "--email", "bethan@glan.example", "--password-file", str(self.folder / "password"),
        )  # fmt: skip

    def publish(self, kind: str, code: int = 0, **fields: object) -> Result:
        file = self.folder / f"{kind}.json"
        file.write_bytes(msgspec.json.encode(fields))
        return self("publish", kind, str(file), code=code)


@pytest.fixture
def alone(tmp_path: Path) -> Alone:
    return Alone(tmp_path)


def test_a_hub_is_set_up_once_and_saying_it_again_changes_nothing(alone: Alone) -> None:
    assert "is set up at https://glan.example" in alone.set_up().output
    assert "nothing changed" in alone.set_up().output
    assert alone("user", "list").output == "bethan\tsteward\tbethan@glan.example\n"
    assert alone("migrate").output == "already up to date\n"
    assert 'base_url = "https://glan.example"' in (alone.folder / "data" / "neighbourhub.toml").read_text()


def test_migrate_says_what_it_did(alone: Alone) -> None:
    assert alone("migrate").output.startswith("applied 0001_")
    assert alone("migrate").output == "already up to date\n"


def test_a_weak_password_opens_nothing(alone: Alone) -> None:
    (alone.folder / "password").write_text("short")
    result = CliRunner().invoke(
        main,
        ["init", "--data", str(alone.folder / "data"), "--base-url", "https://x.example", "--name", "R",
         "--steward", "b", "--email", "b@x.example", "--password-file", str(alone.folder / "password")],
    )  # fmt: skip
    assert result.exit_code == 1
    assert "password: Use at least 12 characters" in result.output


def test_an_account_is_made_mended_and_listed(alone: Alone) -> None:
    alone.set_up()
    words = ("user", "create", "delyth", "--email", "d@glan.example", "--role", "organiser")
    assert "can sign in now" in alone(*words, "--password-file", str(alone.folder / "password")).output
    assert "nothing changed" in alone(*words, "--password-file", str(alone.folder / "password")).output
    assert "delyth\torganiser" in alone("user", "list").output
    assert "new password" in alone("user", "reset", "delyth", "--password-file", str(alone.folder / "password")).output
    gone = alone("user", "reset", "delyth", "--second-step", "--password-file", str(alone.folder / "password"))
    assert "signed out everywhere" in gone.output
    refused = alone("user", "reset", "nobody", "--password-file", str(alone.folder / "password"), code=1)
    assert "There is nobody by that name" in refused.output


def test_a_link_to_join_by_is_printed_and_each_is_another(alone: Alone) -> None:
    alone.set_up()
    first = alone("invite", "--uses", "40", "--note", "Allotments").output.strip()
    assert first.startswith("https://glan.example/signup?key=")
    assert alone("invite").output.strip() != first
    assert "from 1 to 500" in alone("invite", "--uses", "501", code=1).output


def test_publishing_prints_the_id_and_a_refusal_names_the_field(alone: Alone) -> None:
    alone.set_up()
    assert alone.publish("event", **EVENT).output.strip().isdigit()
    assert (
        "ends: It must end after it starts." in alone.publish("event", 1, **EVENT | {"ends": "2031-06-06T09:00"}).output
    )
    vague = alone.publish("event", 1, **EVENT | {"starts": "tomorrow"})
    assert "starts: Write the time as" in vague.output
    assert "There is no field called prize here." in alone.publish("event", 1, **EVENT | {"prize": 1}).output
    assert alone.publish("ask", title={"cy": "Lifft"}).output.strip().isdigit()
    project = alone.publish("project", title={"en": "Old Mill Orchard"}, handle="p_orchard").output.strip()
    assert alone.publish("note", text={"en": "28 trees"}, project="p_orchard").output.strip() > project
    assert "Choose one of the projects" in alone.publish("note", 1, text={"en": "x"}, project="p_other").output


def test_a_file_is_published_once_however_often_it_is_given(alone: Alone) -> None:
    alone.set_up()
    first = alone.publish("event", **EVENT)
    second = alone.publish("event", **dict(reversed(EVENT.items())))
    assert second.stdout == first.stdout
    assert f"Published before, at https://glan.example/events/{first.stdout.strip()}." in second.stderr
    file = str(alone.folder / "event.json")
    again = alone("publish", "event", file, "--again")
    assert again.stdout != first.stdout
    assert not again.stderr
    assert alone("publish", "event", file).stdout == again.stdout
    assert alone.publish("event", **EVENT | {"places": 40}).stdout not in (first.stdout, again.stdout)


def test_a_key_stands_for_the_file_whatever_it_says_by_now(alone: Alone) -> None:
    alone.set_up()
    file = alone.folder / "note.json"

    def publish(text: str, *words: str) -> Result:
        file.write_bytes(msgspec.json.encode({"text": {"en": text}}))
        return alone("publish", "note", str(file), *words)

    first = publish("In June", "--key", "newsletter")
    assert publish("In July", "--key", "newsletter").stdout == first.stdout
    assert publish("In July", "--key", "july").stdout != first.stdout
    assert publish("In June").stdout != first.stdout


def test_what_is_no_json_is_said_to_be_none(alone: Alone) -> None:
    alone.set_up()
    file = alone.folder / "broken.json"
    for words, said in (("{", "is no JSON"), ("[]", "holds no JSON object")):
        file.write_text(words)
        assert said in alone("publish", "event", str(file), code=1).output


def test_a_backup_holds_the_database_and_the_settings(alone: Alone) -> None:
    alone.set_up()
    file = Path(alone("backup").output.strip())
    with tarfile.open(file) as archive:
        assert {"hub.db", "neighbourhub.toml"} <= set(archive.getnames())
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]


def test_the_doctor_says_what_to_do_before_set_up_and_is_content_after(alone: Alone) -> None:
    assert "Open the set-up link" in alone("doctor").output
    alone.set_up()
    assert "hub: @hub@glan.example" in alone("doctor").output


def test_settings_are_explained_and_a_wrong_one_is_refused(alone: Alone) -> None:
    assert "server.port = 8000" in alone("config", "explain").output
    (alone.folder / "data").mkdir(exist_ok=True)
    (alone.folder / "data" / "neighbourhub.toml").write_text("[server]\nprot = 1\n")
    assert "server.port" in alone("config", "explain", code=1).output


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("running") / "data").set_up().start()
    yield hub
    hub.stop()


def test_commands_work_beside_a_running_server(running: Hub) -> None:
    id = running.publish("event", **EVENT)
    assert "Riverbank clear-up" in running.page(f"/events/{id}")
    assert "bethan\tsteward" in running.command("user", "list")
    assert Path(running.command("backup")).exists()
    assert "free disk" in running.command("doctor")


def test_a_second_server_on_the_same_data_leaves_and_names_the_first(running: Hub) -> None:
    assert running.process is not None
    second = Hub(running.data)
    result = CliRunner(env=second.environment).invoke(main, ["serve", "--data", str(running.data), "--port", "0"])
    assert result.exit_code == 73, result.output
    assert str(running.process.pid) in result.output


def test_without_set_up_a_link_is_printed_that_opens_the_wizard(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data").start()
    try:
        said = "".join(hub.said)
        assert f"{hub.base}/setup?key=" in said
        link = said.split(hub.base, 1)[1].split()[0]
        with hub.browser() as browser:
            assert browser.get(link).status_code == 200
            assert browser.get("/setup?key=wrong").status_code in (403, 404)
    finally:
        hub.stop()
