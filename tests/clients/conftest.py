"""Two hubs that all the apps of foreign make talk to. Each app has residents of its own in Riverside."""

from collections.abc import Iterator

import pytest
from processes import Hub
from telephones import two_hubs


@pytest.fixture(scope="session")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Hub]]:
    with two_hubs(tmp_path_factory.mktemp("hubs")) as both:
        yield both
