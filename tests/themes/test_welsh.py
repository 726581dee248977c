"""Welsh is whole: every message, in all six forms, and said in Welsh."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from web import i18n, themes, translating

FOLDERS = [path.parent for path in sorted(themes.ROOT.glob("*/theme.toml"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_message_is_in_the_catalogue_and_translated(language: str, folder: Path) -> None:
    found = translating.faults(language, folder)
    assert not found, "\n".join([f"{len(found)} to do; see docs/build/translating.md", *found])


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_our_reader_reads_what_gettext_s_reads(language: str) -> None:
    path = translating.path(language, themes.ROOT / "base")
    with path.open("rb") as file:
        theirs = {
            (f"{m.context}{i18n.CONTEXT}" if m.context else "") + translating._first(m.id): translating._all(m.string)
            for m in read_po(file, locale=language)
            if m.id and all(translating._all(m.string))
        }
    assert i18n.read(path.read_text()) == theirs


def small(tmp_path: Path, template: str) -> Path:
    folder = tmp_path / "small"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "a.html").write_text(template)
    translating.update("cy", folder)
    return folder


REPLIES = "{% trans n = page.n %}{{ n }} reply{% pluralize %}{{ n }} replies{% endtrans %}"


def test_a_message_without_welsh_is_named(tmp_path: Path) -> None:
    folder = small(tmp_path, "{% trans %}Good day to you all{% endtrans %}")
    assert translating.faults("cy", folder) == ["no Cymraeg, or not all its forms: 'Good day to you all'"]
    assert translating.fill("cy", folder, {"Good day to you all": "Dydd da i chi i gyd"}) == []
    assert translating.faults("cy", folder) == []


def test_a_new_message_fails_until_it_is_extracted(tmp_path: Path) -> None:
    folder = small(tmp_path, "{% trans %}Good day{% endtrans %}")
    translating.fill("cy", folder, {"Good day": "Dydd da"})
    (folder / "templates" / "b.html").write_text("{{ gettext('Good night') }}")
    assert translating.faults("cy", folder) == ["not in the catalogue: 'Good night'"]


def test_a_plural_needs_six_forms(tmp_path: Path) -> None:
    folder = small(tmp_path, REPLIES)
    translating.fill("cy", folder, {"%(n)s reply": ["%(n)s ateb"] * 3})
    assert translating.faults("cy", folder) == ["no Cymraeg, or not all its forms: '%(n)s reply'"]
    translating.fill("cy", folder, {"%(n)s reply": ["dim atebion", *["%(n)s ateb"] * 5]})
    assert translating.faults("cy", folder) == []


def test_english_left_standing_is_named_and_so_is_a_lost_fact(tmp_path: Path) -> None:
    folder = small(tmp_path, "{% trans %}We look after this together{% endtrans %}{{ gettext('By %(who)s') }}")
    translating.fill("cy", folder, {"We look after this together": "We look after this together", "By %(who)s": "Gan"})
    assert sorted(translating.faults("cy", folder)) == [
        "a fact is missing in 'Gan'",
        "the same as the English: 'We look after this together'",
    ]


def test_translations_are_kept_when_templates_change(tmp_path: Path) -> None:
    folder = small(tmp_path, "{% trans %}Good day{% endtrans %}")
    translating.fill("cy", folder, {"Good day": "Dydd da"})
    (folder / "templates" / "b.html").write_text(REPLIES)
    assert translating.update("cy", folder) == 1
    assert i18n.read(translating.path("cy", folder).read_text()) == {"Good day": ("Dydd da",)}


def test_words_for_no_message_are_named(tmp_path: Path) -> None:
    assert translating.fill("cy", small(tmp_path, "x"), {"Gone": "Wedi mynd"}) == ["Gone"]
