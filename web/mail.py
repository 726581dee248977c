"""The postman: takes letters out of the queue, has them written, and hands them to the mail server."""

from datetime import UTC, datetime
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING

import structlog

from federation import Outcome, Runner, Wire
from hub.clock import DAY, now
from hub.config import Config, Mail
from hub.errors import N_, Invalid
from hub.jobs import Job
from web import themes, writing
from web.writing import Letter

if TYPE_CHECKING:
    from email.message import EmailMessage

log = structlog.get_logger()

TIMEOUT = 20.0  # seconds for each word of the mail server
PATIENCE = 2 * DAY  # a letter that could not be handed over for so long is given up, and shown to the steward


def on(config: Config) -> bool:
    """Whether this hub sends mail at all."""
    return bool(config.mail.host)


def runner(config: Config, base: str) -> Runner:
    """What does the jobs of kind `mail`."""
    folders = themes.chain(config.hub.theme)

    async def send(wire: Wire, job: Job) -> Outcome:
        if not on(config) and job.args["letter"] in writing.SPARED:
            return Outcome()
        if not on(config):
            return Outcome(error="No mail server is set up.", hopeless=True)
        if now() - job.created > PATIENCE:
            return Outcome(error="The mail server did not take it for two days.", hopeless=True)
        letter = await wire.store.write(writing.write, job.args, base, folders)
        return Outcome() if letter is None else await _hand_over(config.mail, letter, job)

    return send


def message(mail: Mail, letter: Letter) -> "EmailMessage":
    """The letter as it travels. Raises `Invalid` for what would be more than one line of a header."""
    from email.message import EmailMessage  # when there is a letter: a hub at rest needs no room for it
    from email.policy import SMTP

    it = EmailMessage(policy=SMTP)
    try:
        it["From"] = formataddr((letter.sender, mail.sender))
        it["To"] = letter.to
        it["Subject"] = letter.subject
        it["Date"] = format_datetime(datetime.fromtimestamp(now() / 1000, UTC))
        it["Message-ID"] = f"<{letter.id}@{mail.sender.rpartition('@')[2]}>"
        it["Auto-Submitted"] = "auto-generated"
        it.set_content(letter.text)
        it["Content-Language"] = letter.language
    except ValueError as wrong:
        raise Invalid(N_("This cannot be put on an envelope."), field="email") from wrong
    return it


async def _hand_over(mail: Mail, letter: Letter, job: Job) -> Outcome:
    import aiosmtplib  # likewise

    try:
        await aiosmtplib.send(
            message(mail, letter), sender=mail.sender, recipients=[letter.to], hostname=mail.host, port=mail.port,
            use_tls=mail.security == "tls", start_tls=mail.security == "starttls", timeout=TIMEOUT,
            username=mail.user or None, password=mail.password or None,
        )  # fmt: skip
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = [one.code for one in refused.recipients]
        return _failed(max(codes, default=550), hopeless=all(code >= 500 for code in codes))
    except aiosmtplib.SMTPResponseException as refused:
        # That it does not know us, or wants us to sign in, is a matter of settings: it is tried until they are right.
        return _failed(refused.code, hopeless=isinstance(refused, aiosmtplib.SMTPDataError) and refused.code >= 500)
    except (aiosmtplib.SMTPException, OSError) as problem:
        return Outcome(error=f"The mail server cannot be reached ({type(problem).__name__}).")
    except Invalid:
        return Outcome(error="The letter has an address that no envelope takes.", hopeless=True)
    log.info("letter sent", letter=str(job.args.get("letter", "")))
    return Outcome()


def _failed(code: int, hopeless: bool) -> Outcome:
    """Never in the server's own words: they have addresses in them."""
    return Outcome(error=f"The mail server refused a letter ({code}).", hopeless=hopeless)
