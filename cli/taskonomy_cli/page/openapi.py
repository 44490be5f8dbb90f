"""The API in OpenAPI 3.1, for scripts and for those that make clients of it."""

from __future__ import annotations

from typing import Any

from taskonomy_cli.page.choice import LARGEST, MOST_SOURCES
from taskonomy_cli.page.questions import MOST_ALTERNATIVES, MOST_DRAWS, MOST_RANKED
from taskonomy_core import __version__
from taskonomy_core.registry.roster import ROLES
from taskonomy_core.taxonomy.problem import OBJECTIVES

_NUMBER = {"type": "number", "minimum": 0, "maximum": LARGEST}
_TASKS = {"type": "array", "items": {"type": "string"}}
_YES = {"type": "boolean", "default": False}
_SEED = {"type": "integer", "minimum": 0, "default": 0}
_ERRORS = {
    "400": "No JSON object",
    "403": "A foreign Host or Origin",
    "413": "Larger than 1 MB",
    "415": "Not of type application/json",
    "422": "Makes no sense",
    "503": "Too many wait, or it takes too long",
}

CHOICE = {
    "roles": {"type": "object", "additionalProperties": {"enum": list(ROLES)}, "description": "task -> role"},
    "costs": {"type": "object", "additionalProperties": _NUMBER, "description": "task -> cost of its labels"},
    "transfer_costs": {"type": "object", "additionalProperties": _NUMBER, "description": "task -> cost of a transfer"},
    "weights": {"type": "object", "additionalProperties": _NUMBER, "description": "task -> importance as a target"},
    "have": {**_TASKS, "description": "labelled already: cost nothing"},
    "forced": {**_TASKS, "description": "must be labelled"},
    "ruled_out": {**_TASKS, "description": "must not be labelled"},
    "budget": _NUMBER,
    "order": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_SOURCES,
        "description": "the most sources of a transfer",
    },
    "objective": {"enum": list(OBJECTIVES)},
}


def document() -> dict[str, Any]:
    """The whole document."""
    draws = {"type": "integer", "minimum": 1, "maximum": MOST_DRAWS}
    paths = {
        "/api/measurements": _get("What there is to choose from, and where the page starts."),
        "/api/taxonomy": _post(
            "The best taxonomy; the next-best sets of labels and what a unit of budget more or less changes.",
            alternatives={"type": "integer", "minimum": 0, "maximum": MOST_ALTERNATIVES},
            neighbours=_YES,
        ),
        "/api/staircase": _post("The best taxonomy at every budget at which it changes."),
        "/api/significance": _post(
            "The taxonomy against random ones.", draws=draws, seed=_SEED, best_edges=_YES, transferred_only=_YES
        ),
        "/api/recommend": _post(
            "What one unlabelled task should be transferred from.",
            required=["target"],
            target={"type": "string"},
            top={"type": "integer", "minimum": 1, "maximum": MOST_RANKED},
        ),
        "/api/bootstrap": _post(
            "How often each source and edge is chosen when test images are drawn again (own runs).",
            draws=draws,
            seed=_SEED,
        ),
        "/api/affinity": _get("The matrices of single-source transfers, before and after AHP."),
        "/api/similarity": _get("The tree of tasks that transfer out alike."),
        "/api/gallery/{task}": _get(
            "Test pictures of a task under its networks (own runs).",
            ("task", "path", True),
            ("sources", "query", False),
        ),
        "/api/gallery/{task}/{name}.png": _get(
            "A picture that the gallery told of.", ("task", "path", True), ("name", "path", True), kind="image/png"
        ),
        "/api/download/{kind}": _post(
            "The taxonomy as a file: svg, png, json or csv.",
            ("kind", "path", True),
            kind="application/octet-stream",
        ),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "taskonomy", "version": __version__, "summary": "Which visual tasks to label."},
        "paths": paths,
        "components": {
            "schemas": {
                "Choice": {"type": "object", "properties": CHOICE},
                "Error": {
                    "type": "object",
                    "required": ["error", "hint"],
                    "properties": {"error": {"type": "string"}, "hint": {"type": "string"}},
                },
            }
        },
    }


def _get(what: str, *parameters: tuple[str, str, bool], kind: str = "application/json") -> dict[str, Any]:
    return {"get": _operation(what, parameters, kind)}


def _post(
    what: str,
    *parameters: tuple[str, str, bool],
    kind: str = "application/json",
    required: list[str] | None = None,
    **more: dict[str, Any],
) -> dict[str, Any]:
    schema = {"type": "object", "properties": CHOICE | more, "additionalProperties": False}
    schema |= {"required": required} if required else {}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"post": {**_operation(what, parameters, kind), "requestBody": body}}


def _operation(what: str, parameters: tuple[tuple[str, str, bool], ...], kind: str) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": what,
        "parameters": [
            {"name": name, "in": place, "required": needed, "schema": {"type": "string"}}
            for name, place, needed in parameters
        ],
        "responses": {
            "200": {"description": "The answer.", "content": {kind: {}}},
            **{status: {"description": f"{why}.", "content": error} for status, why in _ERRORS.items()},
        },
    }
