"""Everything that our OpenAPI document allows, and some of what it does not, asked of a real hub by Schemathesis.

No answer is a mistake of ours, each has a status and a shape that the document names, what the document does not allow
is refused, and no call that needs a token lets anybody in without one.
"""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis.errors import Unsatisfiable
from processes import Hub
from schemathesis import GenerationMode, checks
from telephones import token_for

pytestmark = pytest.mark.clients
EXAMPLES = 25  # of each call
HELD = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance, checks.response_headers_conformance, checks.negative_data_rejection,
    checks.ignored_auth,
]  # fmt: skip
EVENT = {
    "title": {"en": "Seed swap"}, "text": {"en": "Bring a tin."}, "starts": "2031-06-06T10:00",
    "ends": "2031-06-06T13:00", "venue": "Mill Bridge", "places": 40, "lat": 51.48, "lon": -3.17, "step_free": True,
}  # fmt: skip


class Known:
    """The hub, its document, and numbers of things that are there."""

    def __init__(self, hub: Hub) -> None:
        assert hub.tls is not None
        self.hub = hub
        self.session = requests.Session()
        self.session.verify, self.session.trust_env = str(hub.tls[1]), False
        self.token = token_for(hub, "tom")
        self.numbers = {
            "events": hub.publish("event", **EVENT),
            "asks": hub.publish("ask", title={"en": "A lift"}, category="transport", people=1),
            "projects": hub.publish("project", title={"en": "Orchard"}, summary={"en": "Forty trees."}),
        }  # fmt: skip
        told = self.session.get(f"{hub.base}/api/neighbourhub/v1/openapi.json").json()
        self.schema = schemathesis.openapi.from_dict(told)


@pytest.fixture(scope="module")
def known(hubs: tuple[Hub, Hub]) -> Iterator[Known]:
    it = Known(hubs[0])
    yield it
    it.session.close()


@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "a resident"])
def test_whatever_is_asked_is_answered_as_the_document_says(known: Known, signed_in: bool) -> None:
    asked = 0
    headers = {"Authorization": f"Bearer {known.token}"} if signed_in else None
    checked = HELD if signed_in else HELD[:-1]

    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(
            base_url=known.hub.base, session=known.session, verify=known.session.verify, headers=headers, checks=checked
        )

    def ask_well(case: schemathesis.Case) -> None:
        if "id" in case.path_parameters and asked % 2:  # half of them of what is there
            case.path_parameters["id"] = known.numbers[case.path.split("/")[4]]
        ask(case)

    def ask_wrongly(case: schemathesis.Case) -> None:
        assume("\\x00" not in repr((case.query, case.body)))  # which is left out before anything is looked at
        ask(case)

    run = settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    for found in known.schema.get_all_operations():
        run(given(case=found.ok().as_strategy(generation_mode=GenerationMode.POSITIVE))(ask_well))()
        with suppress(Unsatisfiable):  # where nothing can be asked wrongly
            run(given(case=found.ok().as_strategy(generation_mode=GenerationMode.NEGATIVE))(ask_wrongly))()
    assert asked >= 20 * EXAMPLES
    assert "Traceback" not in known.hub.log()
    print(f"\n{asked} calls")
