"""Who goes next: so many requests at a time, and one costly thing in a turn of the loop.

asyncio's own locks do the same for several times the price, which a delivery pays three times over.
"""

import asyncio
from collections import deque


class Turns:
    """So many at a time, first come first served. To be used with `async with`."""

    def __init__(self, many: int) -> None:
        self._free = many
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # its turn had come just then
                self._pass_on()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                return
        self._free += 1


class Breath:
    """What costs a third of a millisecond, such as a signature, is done once in a turn of the loop and no more.

    Whoever asks for a page meanwhile would otherwise wait for as many of them as there are deliveries under way.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._under_way = False

    async def take(self) -> None:
        loop = asyncio.get_running_loop()
        mine = loop.create_future()
        self._waiting.append(mine)
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._next, loop)
        await mine

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                loop.call_soon(self._next, loop)
                return
        self._under_way = False
