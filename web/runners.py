"""All that is done in the background, by federation and by the web. A new kind of job is one line here."""

from federation import RUNNERS, Runner
from hub import letters, push
from hub.config import Config
from web import bringing, mail, ringing


def all_(config: Config, base: str) -> dict[str, Runner]:
    """By kind of job. `base` is the hub's address, with which every link in a letter begins."""
    return {
        **RUNNERS,
        bringing.KIND: bringing.run,
        letters.KIND: mail.runner(config, base),
        push.KIND: ringing.runner(config, base),
    }
