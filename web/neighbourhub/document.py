"""The OpenAPI document of the hub's own API, made of the table of its calls."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import VERSION
from web.mastodon.api import Caller, answer, route
from web.mastodon.params import Params
from web.neighbourhub.calls import PREFIX, Call
from web.neighbourhub.shapes import Error

PATH = f"{PREFIX}/openapi.json"
REFUSALS = {
    400: "What was sent could not be read", 401: "A token is needed, or the one that came opens nothing",
    403: "The token or the account may not do that", 404: "There is nothing here, or nothing that you may see",
    422: "Something that was asked for cannot be understood, or is no longer possible",
    429: "Too many calls: see the X-RateLimit headers", 503: "Too busy, or not set up yet",
}  # fmt: skip
ALWAYS = (400, 401, 403, 422, 429, 503)
ABOUT = "Events by place and date, asks, projects, RSVPs and hubs. Tokens are those of the client API."
REF = "#/components/schemas/{name}"

Json = dict[str, Any]


def route_for(calls: Iterable[Call]) -> Route:
    @cache
    def written(base: str) -> Json:
        return document(calls, base)

    async def serve(request: Request, caller: Caller, params: Params) -> Response:
        return answer(written(request.app.state.base))

    return route("GET", PATH, serve, open=True)


def document(calls: Iterable[Call], base: str) -> Json:
    calls = list(calls)
    bodies = [one.body for one in calls if one.body]
    given = [Error, *(one.gives for one in calls), *(one.query for one in calls), *bodies]
    _, shapes = msgspec.json.schema_components(given, ref_template=REF)
    paths: dict[str, Json] = {}
    for one in calls:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, shapes)
    for one in calls:
        shapes.pop(one.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Neighbourhub", "version": VERSION, "description": ABOUT,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }  # fmt: skip


def _operation(one: Call, shapes: Json) -> Json:
    told: Json = {
        "summary": one.summary, "tags": [one.tag], "operationId": f"{one.method.lower()}{_name(one.path)}",
        "parameters": [*_in_path(one.path), *_in_query(shapes[one.query.__name__])],
        "responses": _responses(one), "security": [{"token": []}, *([{}] if one.open else [])],
    }  # fmt: skip
    if one.scope:
        told["description"] = f"Scope of the token: `{one.scope}`."
    if one.body:
        schema = {"$ref": REF.format(name=one.body.__name__)}
        kinds = ("application/json", "application/x-www-form-urlencoded")
        told["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    return told


def _name(path: str) -> str:
    return "".join(step.strip("{}").title() for step in path.split("/"))


def _in_path(path: str) -> list[Json]:
    schema = {"type": "string", "pattern": "^[0-9]{1,19}$"}
    names = [step[1:-1] for step in path.split("/") if step.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _in_query(shape: Json) -> list[Json]:
    found = []
    for name, schema in shape["properties"].items():
        choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
        plain = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "description")}
        default = {} if schema.get("default") is None else {"default": schema["default"]}
        merged = plain | choices[0] | default
        words = merged.pop("description", schema.get("description", ""))
        found.append({"name": name, "in": "query", "required": False, "schema": merged, "description": words})
    return found


def _responses(one: Call) -> Json:
    schema = msgspec.json.schema_components([one.gives], ref_template=REF)[0][0]
    good: Json = {"description": "As asked for", "content": {"application/json": {"schema": schema}}}
    if one.paged:
        link = {"schema": {"type": "string"}, "description": 'The next part, rel="next"; not at the end.'}
        good["headers"] = {"Link": link}
    error = {"application/json": {"schema": {"$ref": REF.format(name="Error")}}}
    refused = sorted({*ALWAYS, *one.refuses})
    return {"200": good} | {str(status): {"description": REFUSALS[status], "content": error} for status in refused}
