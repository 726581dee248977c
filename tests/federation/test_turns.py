"""Who goes next: never more than so many at a time, in order, and nobody's turn is lost with whoever gave up."""

import asyncio
import itertools

from federation.turns import Breath, Turns


async def test_so_many_at_a_time_and_in_the_order_they_came() -> None:
    turns, inside, most, order = Turns(2), 0, 0, []

    async def visit(number: int) -> None:
        nonlocal inside, most
        async with turns:
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit(number) for number in range(20)))
    assert most == 2
    assert order == list(range(20))


async def test_whoever_gives_up_while_waiting_takes_nobodys_turn() -> None:
    turns = Turns(1)
    await turns.__aenter__()
    waiting = [asyncio.create_task(turns.__aenter__()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await turns.__aexit__()  # the second one's turn comes, and it gives up at that very moment
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    async with asyncio.timeout(5):
        await waiting[2]
    await turns.__aexit__()
    async with asyncio.timeout(5):
        await turns.__aenter__()


async def test_between_two_costly_things_the_loop_looks_around() -> None:
    breath, done, seen = Breath(), 0, []

    async def costly() -> None:
        nonlocal done
        await breath.take()
        done += 1

    async def a_page() -> None:
        while done < 30:
            seen.append(done)
            await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await asyncio.gather(*(costly() for _ in range(30)), a_page())
    assert max(after - before for before, after in itertools.pairwise(seen)) == 1


async def test_a_breath_that_nobody_waits_for_any_more_does_not_stop_the_rest() -> None:
    breath = Breath()
    tasks = [asyncio.create_task(breath.take()) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
        await breath.take()
