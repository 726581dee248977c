"""`python -m web` is `neighbourhub`."""

import sys

# Where a developer's packages brought these along, the log would load them for its looks: six megabytes more.
sys.modules |= dict.fromkeys({"rich", "greenlet"} - set(sys.modules))  # type: ignore[arg-type]

from web.cli import main  # noqa: E402 - after what it must not load

main(prog_name="neighbourhub")
