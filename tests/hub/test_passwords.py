"""Which passwords will do, and how they are kept."""

import itertools
import unicodedata

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub import passwords
from hub.errors import Invalid

GOOD = [
    "correct horse battery", "three wet slates", "a bridge of wet slate", "slate otter kettle", "cwm llechi gwlyb",
    "8tg4kq!0xzzp", "849302748392", "llwybr ’r afon ddofn", "\N{OTTER}\N{BRIDGE AT NIGHT} by the weir",
    "x7" * 6 + "?kq29",
]  # fmt: skip
BAD = [
    "password1234", "Password2024!", "p4ssw0rdp4ssw0rd", "P@ssw0rd1234", "qwertyuiop123", "1qaz2wsx3edc",
    "1q2w3e4r5t6y", "123456789012", "987654321098", "abcdefghijkl", "iloveyou1234", "Iloveyou!!!!", "letmein letmein",
    "manchester united", "correcthorsebatterystaple", "112233445566", "147258369147", "aaaaaaaaaaaa", "abcabcabcabc",
    "liverpool1985",
    "administrator", "Croeso123456", "cariad cariad", "1234567890qwerty", "Pássword12345",
]  # fmt: skip
US = ("rhys", "rhys@glan.example", "Riverside Hub", "Glan-yr-afon")


@pytest.mark.parametrize("password", GOOD)
def test_words_that_only_they_would_put_together_will_do(password: str) -> None:
    passwords.check_new_password(password, *US)


@pytest.mark.parametrize("password", BAD)
def test_what_others_would_try_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_new_password(password, *US)
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password",
    ["rhys@glan.example", "Riverside Hub", "riversidehub1", "glanyrafon2026", "Glan-yr-afon!!", "rhysrhysrhys",
     "hub rhys 12345"],
)  # fmt: skip
def test_what_everybody_knows_of_them_and_their_hub_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_new_password(password, *US)


def test_far_more_than_ten_thousand_common_passwords_of_twelve_letters_are_refused() -> None:
    words = sorted(word for word in passwords.common() if len(word) > 4)
    made = [f"{word}{more}" for word in words for more in ("12345678", "2024!!!!", "!1990abc", word[::1], "Password")]
    long = [one for one in made if len(one) >= passwords.SHORTEST]
    assert len(long) * len(passwords.common()) > 1_000_000  # each word goes with each other, too
    for one in itertools.islice(long, 0, None, 7):
        with pytest.raises(Invalid):
            passwords.check_new_password(one)


@pytest.mark.parametrize("size", [11, 257])
def test_a_password_has_twelve_to_two_hundred_and_fifty_six_characters(size: int) -> None:
    words = "slate otter kettle "
    with pytest.raises(Invalid):
        passwords.check_new_password((words * 20)[:size])
    passwords.check_new_password(("kq" + words * 20)[: 12 if size < 12 else 256])


def test_nothing_of_a_long_password_is_cut_off() -> None:
    long = ("kq " + "slate otter kettle " * 20)[:256]
    kept = passwords.hash_password(long)
    assert passwords.password_fits(long, kept)
    assert not passwords.password_fits(long[:-1] + "x", kept)


def test_an_accent_is_the_same_letter_however_the_keyboard_made_it() -> None:
    typed = "tŷ bach yn y wlâd"
    kept = passwords.hash_password(unicodedata.normalize("NFD", typed))
    assert passwords.password_fits(unicodedata.normalize("NFC", typed), kept)


def test_p_01_a_hash_costs_what_owasp_asks_for_and_is_made_anew_when_that_changes() -> None:
    kept = passwords.hash_password("three wet slates")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.stale(kept)
    old = Argon2id(salt=b"x" * 16, length=32, iterations=1, lanes=1, memory_cost=8192)
    assert passwords.stale(old.derive_phc_encoded(b"three wet slates"))


def test_no_password_fits_an_account_that_has_none() -> None:
    for typed in ("", "three wet slates"):
        assert not passwords.password_fits(typed, "")
        assert not passwords.password_fits(typed, None)


def test_a_word_without_end_is_judged_at_once() -> None:
    with pytest.raises(Invalid):
        passwords.check_new_password("passwordlovelove" * 16)
    passwords.check_new_password(("abcasdqwe" * 40)[:250] + "~kwyjx")
