"""megalodon, which Whalebird and Fedistar are built on: how it finds out what we are, signs in, posts and listens."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from processes import PATIENCE, Hub
from telephones import MASTO, NODE, let_in, token_for

pytestmark = pytest.mark.clients


def picnic(hub: Hub, title: str) -> str:
    day = datetime.now(UTC) + timedelta(days=2)
    hours = {"starts": f"{day:%Y-%m-%dT12:00}", "ends": f"{day:%Y-%m-%dT15:00}"}
    return hub.publish("event", title={"en": title}, text={"en": "Bring a rug."}, venue="The harbour", **hours)


def test_an_app_on_a_desk_signs_in_posts_and_hears_a_list_of_the_hub(hubs: tuple[Hub, Hub]) -> None:
    if not (MASTO / "node_modules" / "megalodon").exists():
        pytest.skip("npm has not installed megalodon: make test does")
    river, _ = hubs
    assert river.tls is not None
    told = {"HUB": river.base, "OTHER": token_for(river, "rhys"), "NODE_EXTRA_CA_CERTS": str(river.tls[1])}
    saw: dict[str, Any] = {}
    with subprocess.Popen(
        [str(NODE), str(MASTO / "whalebird.mjs")], env=os.environ | told, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as app:  # fmt: skip
        assert app.stdin is not None
        assert app.stdout is not None
        assert app.stderr is not None
        for line in app.stdout:
            if not line.startswith("{"):
                continue  # megalodon says when a connection ends
            saw = json.loads(line)
            if "address" in saw:
                print(let_in(river, "tom", saw["address"]), file=app.stdin, flush=True)
            elif "publish" in saw:
                print(picnic(river, saw["publish"]), file=app.stdin, flush=True)
        assert app.wait(PATIENCE) == 0, app.stderr.read()
    assert (saw["kind"], saw["title"], saw["me"], saw["notice"]) == ("mastodon", "Riverside", "tom", "mention")
    assert (saw["lists"][-2:], saw["week"], True in saw["listed"]) == (["1", "2"], True, True)
    assert saw["errors"] == 0
