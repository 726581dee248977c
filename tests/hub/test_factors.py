"""Second steps: codes of an app, recovery codes, passkeys as they are kept."""

import pytest
from conftest import Clock
from scene import open_hub, person

from hub import factors, people, sessions
from hub.clock import DAY, MINUTE, now
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.store import Store, Tx

KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", of RFC 6238
STEP = factors.STEP * 1000  # ms


def with_app(tx: Tx, who: int) -> list[str]:
    key = factors.new_key(tx, who)
    return factors.confirm_app(tx, who, factors.code(key, now() // 1000))


def with_passkey(tx: Tx, who: int, credential: str = "abc", uses: int = 0) -> int:
    return factors.add_passkey(tx, who, credential, b"key", uses, "Phone")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_a_code_is_what_every_app_shows(seconds: int, shown: str) -> None:
    assert factors.code(KEY, seconds) == shown


async def test_an_app_counts_once_its_first_code_was_right(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    key = await store.write(factors.new_key, who)
    assert await store.write(factors.new_key, who) == key
    assert not (await store.read(factors.of, who)).second
    with pytest.raises(Invalid) as refused:
        await store.write(factors.confirm_app, who, "000000")
    assert refused.value.field == "code"
    codes = await store.write(factors.confirm_app, who, factors.code(key, clock.ms // 1000))
    assert len(codes) == 10
    assert (await store.read(factors.of, who)).second
    with pytest.raises(Conflict):
        await store.write(factors.new_key, who)


async def test_p_04_a_code_works_once_and_so_does_none_before_it(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    key = await store.write(factors.new_key, who)
    await store.write(factors.confirm_app, who, factors.code(key, clock.ms // 1000))
    assert not await store.write(factors.check_code, who, factors.code(key, clock.ms // 1000))
    clock.forward(2 * STEP)
    now, before = factors.code(key, clock.ms // 1000), factors.code(key, clock.ms // 1000 - factors.STEP)
    assert await store.write(factors.check_code, who, f" {now[:3]} {now[3:]} ")
    assert not await store.write(factors.check_code, who, now)
    assert not await store.write(factors.check_code, who, before)


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_off_by_half_a_minute(store: Store, clock: Clock, off: int, right: bool) -> None:
    who = await store.write(open_hub)
    key = await store.write(factors.new_key, who)
    await store.write(factors.confirm_app, who, factors.code(key, clock.ms // 1000))
    clock.forward(10 * STEP)
    typed = factors.code(key, clock.ms // 1000 + off * factors.STEP)
    assert await store.write(factors.check_code, who, typed) is right


async def test_after_five_wrong_codes_even_the_right_one_waits_a_quarter_of_an_hour(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    codes = await store.write(with_app, who)
    for n in range(5):
        assert not await store.write(factors.check_code, who, f"no-{n}")
    with pytest.raises(NotAllowed):
        await store.write(factors.check_code, who, codes[0])
    clock.forward(15 * MINUTE)
    assert await store.write(factors.check_code, who, codes[0])


async def test_recovery_codes_have_fifty_bits_are_kept_as_hashes_and_work_once(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    codes = await store.write(with_app, who)
    assert len(set(codes)) == 10
    assert len(factors.LETTERS) ** (factors.PARTS * factors.PART) > 2**50
    kept = await store.read(lambda tx: [row["hash"] for row in tx.all("SELECT hash FROM recovery_code")])
    assert not {part for one in codes for part in (one, one.replace("-", ""))} & set(kept)
    assert await store.write(factors.check_code, who, codes[0].upper().replace("-", " "))
    assert not await store.write(factors.check_code, who, codes[0])
    assert (await store.read(factors.of, who)).codes == 9


async def test_a_code_of_one_account_opens_no_other(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    codes = await store.write(with_app, bethan)
    clock.forward(STEP * 3)
    await store.write(with_app, rhys)
    assert not await store.write(factors.check_code, rhys, codes[0])


async def test_a_new_set_of_codes_ends_the_old_one(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    old = await store.write(with_app, who)
    new = await store.write(factors.new_codes, who)
    assert not await store.write(factors.check_code, who, old[0])
    assert await store.write(factors.check_code, who, new[0])


async def test_codes_go_with_the_last_thing_that_they_stand_in_for(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    await store.write(with_app, who)
    passkey = await store.write(with_passkey, who)
    await store.write(factors.remove_app, who)
    assert (await store.read(factors.of, who)).codes == 10
    await store.write(factors.remove_passkey, who, passkey)
    assert (await store.read(factors.of, who)).codes == 0


async def test_a_challenge_is_good_once_soon_and_for_what_and_where_it_was_made(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    made = await store.write(factors.challenge, "sure", who)
    for purpose, account in (("sign-in", None), ("sure", None), ("second", who), ("sure", who + 1)):
        with pytest.raises(Invalid):
            await store.write(factors.use_challenge, purpose, made, account)
    await store.write(factors.use_challenge, "sure", made, who)
    with pytest.raises(Invalid):
        await store.write(factors.use_challenge, "sure", made, who)
    here = await store.write(factors.challenge, "sign-in", None, "a browser")
    for browser in ("", "another browser"):
        with pytest.raises(Invalid):
            await store.write(factors.use_challenge, "sign-in", here, None, browser)
    await store.write(factors.use_challenge, "sign-in", here, None, "a browser")
    late = await store.write(factors.challenge, "sign-in")
    clock.forward(5 * MINUTE)
    with pytest.raises(Invalid):
        await store.write(factors.use_challenge, "sign-in", late)
    await store.write(factors.challenge, "sign-in")
    assert len(await store.read(lambda tx: tx.all("SELECT * FROM challenge WHERE ends <= :at", at=clock.ms - 1))) == 0


async def test_a_passkey_that_counts_backwards_is_let_in_and_told_of(store: Store) -> None:
    who = await store.write(open_hub)
    id = await store.write(with_passkey, who, uses=7)
    assert await store.write(factors.use_passkey, id, 8)
    assert not await store.write(factors.use_passkey, id, 3)
    never = await store.write(with_passkey, who, "def")
    assert await store.write(factors.use_passkey, never, 0)


async def test_the_last_way_in_is_not_taken_away(store: Store) -> None:
    who = await store.write(open_hub)
    first, second = await store.write(with_passkey, who), await store.write(with_passkey, who, "def")
    await store.write(lambda tx: tx.run("UPDATE account SET password = ''"))
    await store.write(factors.remove_passkey, who, first)
    with pytest.raises(Conflict):
        await store.write(factors.remove_passkey, who, second)


async def test_nobody_touches_anothers_passkey(store: Store) -> None:
    bethan = await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    id = await store.write(with_passkey, bethan)
    with pytest.raises(NotFound):
        await store.write(factors.rename_passkey, rhys, id, "Mine")
    with pytest.raises(NotFound):
        await store.write(factors.remove_passkey, rhys, id)
    with pytest.raises(Conflict):
        await store.write(with_passkey, rhys)  # the same credential
    with pytest.raises(Invalid):
        await store.write(factors.rename_passkey, bethan, id, "  ")


async def test_twenty_passkeys_are_enough(store: Store) -> None:
    who = await store.write(open_hub)
    for n in range(20):
        await store.write(with_passkey, who, f"k{n}")
    with pytest.raises(Conflict):
        await store.write(with_passkey, who, "one more")


async def test_what_somebody_has_lost_is_forgotten_with_every_session(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    await store.write(with_app, rhys)
    await store.write(with_passkey, rhys)
    secret = await store.write(sessions.open_session, rhys)
    await store.write(factors.forget, rhys)
    assert not (await store.read(factors.of, rhys)).second
    assert await store.read(sessions.session, secret) is None


async def test_what_changes_about_second_steps_stands_in_the_log(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    codes = await store.write(with_app, rhys)
    await store.write(factors.check_code, rhys, codes[0])
    await store.write(factors.remove_app, rhys)

    def told(tx: Tx) -> list[tuple[str, int]]:
        rows = tx.all("SELECT * FROM change WHERE kind = 'account.second-step-changed' ORDER BY xid, id")
        return [(row["detail"], row["actor"]) for row in rows]

    log = await store.read(told)
    assert [who for _, who in log] == [rhys, rhys, rhys, rhys]
    assert not any(code in detail for code in codes for detail, _ in log)


# Who has to have one


@pytest.mark.parametrize(("role", "asked"), [("resident", 0), ("organiser", 0), ("moderator", 1), ("steward", 1)])
async def test_stewards_and_moderators_have_two_weeks(store: Store, clock: Clock, role: str, asked: int) -> None:
    await store.write(open_hub)
    who = await store.write(person, "delyth", role)
    secret = await store.write(sessions.open_session, who)
    signed = await store.read(sessions.session, secret)
    assert signed is not None
    assert signed.second_by == asked * (clock.ms + 14 * DAY)
    await store.write(with_passkey, who)
    signed = await store.read(sessions.session, secret)
    assert signed is not None
    assert signed.second_by == 0


async def test_the_two_weeks_begin_when_the_role_does(store: Store, clock: Clock) -> None:
    bethan = await store.write(open_hub)
    rhys = await store.write(person, "rhys")
    clock.forward(100 * DAY)
    await store.write(people.change_role, bethan, rhys, "moderator")
    secret = await store.write(sessions.open_session, rhys)
    signed = await store.read(sessions.session, secret)
    assert signed is not None
    assert signed.second_by == clock.ms + 14 * DAY
