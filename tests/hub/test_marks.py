"""What somebody has made of what they are about to see."""

from scene import open_hub, person

from hub import marks, reacting, relations, statuses, timelines
from hub.statuses import Draft
from hub.store import Store, Tx
from hub.timelines import Stretch


def _said(tx: Tx) -> tuple[int, int, list[int]]:
    open_hub(tx)
    ann, ben = person(tx, "ann"), person(tx, "ben")
    return ann, ben, [statuses.publish(tx, ann, Draft(f"Number {n}")).id for n in range(30)]


async def test_marks_are_found_alike_however_many_lie_between(store: Store) -> None:
    """A list that reaches far back asks for each by itself; what lies between is not shown, and not said either."""

    def unit(tx: Tx) -> None:
        _, ben, ids = _said(tx)
        for id in ids[1:]:
            reacting.like(tx, ben, id)
        reacting.share(tx, ben, ids[-1])
        far = marks.sights(tx, ben, [(id, id, None) for id in (ids[-1], ids[0])])
        near = marks.sights(tx, ben, [(id, id, None) for id in (ids[2], ids[1], ids[0])])
        assert [sight[1] for sight in far] == [ids[-1], ids[0]]
        found, all_ = marks.of(tx, ben, far), marks.of(tx, ben, near)
        assert (found.of.keys(), found.on(ids[-1], 0), found.on(ids[0], 0)) == (
            {ids[-1]},
            marks.LIKED | marks.SHARED,
            0,
        )
        assert [all_.on(id, 0) for id in ids[:3]] == [0, marks.LIKED, marks.LIKED]

    await store.write(unit)


async def test_who_shuts_somebody_out_is_asked_about_from_then_on(store: Store) -> None:
    """The rules that `viewing.ease` spares most people hold as soon as they are needed, on either side."""

    def unit(tx: Tx) -> None:
        ann, ben, ids = _said(tx)
        assert len(timelines.public(tx, ben, Stretch())) == 20
        assert len(marks.sights(tx, ben, [(id, id, None) for id in ids])) == 30
        relations.mute(tx, ben, ann)
        assert timelines.public(tx, ben, Stretch()) == []
        relations.unmute(tx, ben, ann)
        assert len(timelines.public(tx, ben, Stretch())) == 20
        relations.block(tx, ann, ben)
        assert timelines.public(tx, ben, Stretch()) == []
        assert marks.sights(tx, ben, [(id, id, None) for id in ids]) == []
        assert len(timelines.public(tx, 0, Stretch())) == 20, "whoever is a stranger is as welcome as ever"

    await store.write(unit)
