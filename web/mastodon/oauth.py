"""How an app makes itself known, and gets and gives back what it acts with (OAuth 2, RFC 6749, 7009, 7636, 8414)."""

from starlette.routing import Route

routes: list[Route] = []
