"""The steward's page of what the hub tells everybody."""

from browsing import Site

PAGE = "/steward/announcements"


async def test_a_steward_tells_everybody_and_takes_it_down_again(site: Site) -> None:
    steward = await site.who("bethan")
    said = {"words.en": "Away on Sunday", "words.cy": "I ffwrdd ddydd Sul"}
    said |= {"ends.date": "2099-06-01", "ends.time": "10:00"}
    sent = await steward.post(PAGE, data=said)
    assert sent.headers["location"] == f"{PAGE}?done=announced"
    page = (await steward.get(f"{PAGE}?lang=cy")).text
    assert "I ffwrdd ddydd Sul" in page
    number = page.partition('name="announcement" value="')[2].partition('"')[0]
    gone = await steward.post(f"{PAGE}/remove", data={"announcement": number})
    assert gone.headers["location"] == f"{PAGE}?done=announcement-gone"
    assert "Away on Sunday" not in (await steward.get(PAGE)).text


async def test_what_cannot_be_announced_stays_in_the_form(site: Site) -> None:
    steward = await site.who("bethan")
    for more in ({"words.en": ""}, {"ends.date": "2001-06-01", "ends.time": "10:00"}, {"begins.date": "nonsense"}):
        wrong = await steward.post(PAGE, data={"words.en": "Away", "words.cy": ""} | more)
        assert wrong.status_code == 422
        assert "Away" in wrong.text or more == {"words.en": ""}


async def test_a_moderator_announces_nothing(site: Site) -> None:
    assert (await (await site.who("mo")).post(PAGE, data={"words.en": "x"})).status_code == 403
