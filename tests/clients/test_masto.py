"""masto.js, which Phanpy and Elk are built on: what it reads, posts and hears on its one socket."""

import base64
import json
import os
import subprocess

import pytest
from processes import PATIENCE, Hub
from telephones import MASTO, NODE, picture, token_for

pytestmark = pytest.mark.clients


def test_an_app_in_a_browser_reads_posts_and_hears_all_on_one_socket(hubs: tuple[Hub, Hub]) -> None:
    if not (MASTO / "node_modules").exists():
        pytest.skip("npm has not installed masto: make test does")
    river, _ = hubs
    assert river.tls is not None
    told = {
        "HUB": river.base, "TOKEN": token_for(river, "gwen"), "OTHER": token_for(river, "rhys"),
        "PICTURE": base64.b64encode(picture("red").read()).decode(), "NODE_EXTRA_CA_CERTS": str(river.tls[1]),
    }  # fmt: skip
    ran = subprocess.run(
        [str(NODE), str(MASTO / "client.mjs")], env=os.environ | told, capture_output=True, text=True,
        timeout=2 * PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    saw = json.loads(ran.stdout)
    assert (saw["title"], saw["me"], saw["picture"], saw["tagged"]) == ("Riverside", "gwen", "A kite", [True])
    assert saw["sockets"] == 1
    assert saw["events"] == [
        "local delete", "local status.update", "local update",
        "user delete", "user notification", "user status.update", "user update",
    ]  # fmt: skip
