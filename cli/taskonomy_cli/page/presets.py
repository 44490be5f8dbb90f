"""Choices that people begin with."""

from __future__ import annotations

from typing import Any

from taskonomy_cli.measured import Measured

# Sources that are no targets in the paper (facts 1.1).
_SOURCE_ONLY = ("colorization", "inpainting", "jigsaw", "random_projection")
# Labels that many people have before they begin.
_USUAL_LABELS = ("object_class", "scene_class", "segmentation_semantic")


def presets(measured: Measured) -> list[dict[str, Any]]:
    """Each with a name, a title, one sentence, and the choice; those that these measurements allow."""
    facts, targets, sources = measured.facts, measured.affinity.targets, measured.affinity.sources
    found = [_preset("default", "As measured", "Roles, costs and budget as in registry.toml or the file.", {})]
    roles = {name: "source" for name in _SOURCE_ONLY if name in facts and facts[name].role not in ("source", "unused")}
    paper = {"roles": roles} if roles else {}
    for budget in (2, 8):
        what = f"The paper's Fig. 8: one source for each transfer, labels for {budget} tasks."
        title = f"Paper, budget {budget}"
        found.append(_preset(f"paper_{budget}", title, what, {**paper, "budget": budget, "order": 1}))
    solid = [name for name in facts if facts[name].group == "3d" and name in targets]
    if 2 <= len(solid) < len(facts):
        roles = {name: "both" if name in solid else "unused" for name in facts}
        changed = {name: role for name, role in roles.items() if facts[name].role != role}
        found.append(_preset("only_3d", "3D only", "The tasks of 3D alone.", {"roles": changed, "budget": 2}))
    new = next((name for name in reversed(list(facts)) if name in targets and len(sources) > 1), None)
    if new:
        what = "One task to serve, which nobody labels; from which others should it get its features?"
        roles = {name: "source" for name in facts if name in sources and facts[name].role != "source"} | {new: "target"}
        found.append(_preset("new_target", "My new task as target", what, {"roles": roles, "budget": 2}, asks="target"))
    labelled = [name for name in sources if facts[name].role in ("source", "both")]
    if labelled:
        what = "These are labelled already and cost nothing; what should be labelled besides?"
        choice = {"have": [name for name in _USUAL_LABELS if name in labelled] or labelled[:1], "budget": 2}
        found.append(_preset("have_labels", "I already have labels", what, choice, asks="have"))
    return found


def _preset(name: str, title: str, what: str, state: dict[str, Any], asks: str = "") -> dict[str, Any]:
    """`asks`: the key, or "target" for the role, whose tasks the person will want to replace by their own."""
    return {"name": name, "title": title, "what": what, "state": state, "asks": asks or None}
