"""What Mastodon has no word for: events by place and date, asks, projects, who comes and who helps, hubs.

A call stands once in a table with what it takes and gives (`calls`): it is read and answered by that, and the OpenAPI
document is made of it.
"""

from web.neighbourhub import asks, document, events, hubs, projects

CALLS = [*hubs.calls, *events.calls, *asks.calls, *projects.calls]
routes = [*(one.route() for one in CALLS), document.route_for(CALLS)]
