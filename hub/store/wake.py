"""Tells those who wait that the log or the queue has grown."""

import asyncio


class Wake:
    """A count that only grows, and can be waited for. To be used on the event loop's own thread."""

    def __init__(self) -> None:
        self.count = 0
        self._heard = 0
        self._event = asyncio.Event()

    def set(self) -> None:
        self.count += 1
        self._event.set()
        self._event.clear()

    async def wait(self, timeout: float, seen: int | None = None) -> int:  # noqa: ASYNC109 - a call that ends is no error
        """Return the count as soon as it is above `seen`, or after `timeout` seconds.

        Without `seen` it waits for a change that no earlier such wait has returned for, which is
        exact for one waiter. Several waiters each pass what they were given last.
        """
        since = self._heard if seen is None else seen
        if self.count <= since:
            try:
                async with asyncio.timeout(timeout):
                    await self._event.wait()
            except TimeoutError:
                return self.count
        if seen is None:
            self._heard = self.count
        return self.count
