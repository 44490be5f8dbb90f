"""What the page asks is what `tk` answers: every answer is held against the command that says the same."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from taskonomy_cli.measured import read
from taskonomy_cli.page.choice import RefusedError, first_budget
from taskonomy_cli.page.questions import Questions
from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.taxonomy.engines import CancelledSearchError

TARGETS = ("autoencoding", "denoising", "depth_zbuffer", "normals", "reshading")
SOURCES = (*TARGETS, "colorization", "jigsaw")
PAPER = {"depth_zbuffer": "rgb2depth", "normals": "rgb2sfnorm", "denoising": "denoise"}

NUMBER = st.one_of(st.integers(0, 5), st.floats(0, 9).map(lambda number: round(number, 3)))
ROLE = st.sampled_from(("both", "target", "source", "unused"))
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "roles": st.dictionaries(st.sampled_from(TARGETS), ROLE, max_size=3),
        "costs": st.dictionaries(st.sampled_from(SOURCES), NUMBER, max_size=3),
        "transfer_costs": st.dictionaries(st.sampled_from(TARGETS), NUMBER, max_size=2),
        "weights": st.dictionaries(st.sampled_from(TARGETS), NUMBER, max_size=3),
        "have": st.lists(st.sampled_from(SOURCES), max_size=2),
        "forced": st.lists(st.sampled_from(SOURCES), max_size=1),
        "ruled_out": st.lists(st.sampled_from(SOURCES), max_size=2),
        "budget": NUMBER,
        "order": st.integers(1, 3),
        "objective": st.sampled_from(("sqrt", "affinity", "gain", "quality")),
    },
)


@pytest.fixture(scope="module")
def questions(of_file, scores):
    return Questions(of_file, ("tk", "taxonomy", "--from", str(scores)), seconds=60)


def without_time(answer):
    return {key: value for key, value in answer.items() if key not in ("seconds", "command")}


def typed(run, command, *more):
    """What `tk` prints as JSON for a command line that the page shows."""
    return json.loads(run(*shlex.split(command)[1:], *more, "--json").stdout)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=CHOICES)
def test_the_command_line_gives_the_same(questions, run, choice):
    try:
        answer = questions.taxonomy(choice)
    except TaskonomyError:
        # Contradictions, for example a task that is unused and labelled already.
        assume(False)
    assert without_time(answer) == without_time(typed(run, answer["command"]))


def test_alternatives_are_those_of_the_command(questions, run):
    answer = questions.taxonomy({"budget": 3, "alternatives": 4})
    expected = typed(run, answer["command"], "--alternatives", "4")
    assert [without_time(other) for other in answer["alternatives"]] == [
        without_time(other) for other in expected["alternatives"]
    ]
    assert len(answer["alternatives"]) == 4
    assert all(other["loss"] > 0 for other in answer["alternatives"])


def test_neighbours_are_the_answers_at_a_unit_less_and_more(questions):
    answer = questions.taxonomy({"budget": 2, "neighbours": True})
    for name, budget in (("less", 1), ("more", 3)):
        near, alone = answer["neighbours"][name], questions.taxonomy({"budget": budget})
        assert near["sources"] == alone["sources"]
        assert near["objective"]["value"] == pytest.approx(alone["objective"]["value"])
        assert set(near["enters"]) == set(alone["sources"]) - set(answer["sources"])
        assert set(near["leaves"]) == set(answer["sources"]) - set(alone["sources"])
        assert near["change"]["gain"] == pytest.approx(alone["mean"]["gain"] - answer["mean"]["gain"])
    assert answer["neighbours"]["less"]["change"]["objective"] < 0 < answer["neighbours"]["more"]["change"]["objective"]


def test_there_is_no_neighbour_below_nothing_or_above_everything(questions):
    assert questions.taxonomy({"budget": 0.5, "neighbours": True})["neighbours"]["less"] is None
    assert questions.taxonomy({"budget": 100, "neighbours": True})["neighbours"]["more"] is None


def test_an_infeasible_neighbour_says_why(questions):
    near = questions.taxonomy({"budget": 1, "neighbours": True})["neighbours"]["less"]
    assert (near["status"], near["sources"]) == ("infeasible", [])
    assert near["reason"] == questions.taxonomy({"budget": 0})["reason"] != ""
    assert near["change"] == {"objective": None, "gain": None, "quality": None}


def test_the_staircase_is_that_of_the_command(questions, run, scores):
    expected = json.loads(run("taxonomy", "--from", str(scores), "--all-budgets", "--order", "1", "--json").stdout)
    found = questions.staircase({"order": 1, "budget": 2})
    assert [without_time(step) for step in found["steps"]] == [without_time(step) for step in expected["steps"]]
    assert found["spans"] == expected["spans"]
    assert len(found["steps"]) > 2


def test_significance_is_that_of_the_command(questions, run, scores):
    options = ("--from", str(scores), "--budget", "2", "--draws", "50", "--seed", "3", "--best-edges", "--json")
    expected = json.loads(run("significance", *options).stdout)
    found = questions.significance({"budget": 2, "draws": 50, "seed": 3, "best_edges": True})
    assert found["measures"] == expected["measures"]
    assert without_time(found["taxonomy"]) == without_time(expected["taxonomy"])


def test_a_recommendation_is_that_of_the_command_whatever_the_role_is(questions, run, scores):
    options = ("--from", str(scores), "--cost", "denoising=2", "--order", "1", "--top", "3", "--json")
    expected = json.loads(run("recommend", "normals", *options).stdout)
    choice = {"costs": {"denoising": 2}, "order": 1, "budget": 0, "top": 3, "target": "rgb2sfnorm"}
    for role in ("both", "source", "unused", "target"):
        assert questions.recommend({**choice, "roles": {"normals": role}, "have": ["normals"]}) == expected


def test_similarity_and_affinity(questions, run, scores, of_file):
    expected = json.loads(run("similarity", "--from", str(scores), "--json").stdout)
    found = questions.similarity()
    assert {key: found[key] for key in expected} == expected
    assert sorted(found["order"]) == found["tasks"] == sorted(SOURCES)
    assert list(leaves(found["tree"])) == found["order"]
    assert found["tree"]["height"] == pytest.approx(found["links"][-1][2])
    matrices = questions.affinity()
    row, column = matrices["targets"].index("normals"), matrices["sources"].index("jigsaw")
    edge = of_file.affinity.edge("normals", "jigsaw")
    assert matrices["affinity"][row][column] == edge.affinity
    assert matrices["before"][row][column] == edge.gain
    assert sorted(rank for rank in matrices["ranks"][row] if rank == rank) == [1, 2, 3, 4, 5, 6]


def leaves(tree):
    if "name" in tree:
        yield tree["name"]
    for child in tree.get("children", ()):
        yield from leaves(child)


def test_own_runs_have_losses_and_how_sure_each_choice_is(run, here, measured):
    questions = Questions(read(Session(measured / "registry.toml")))
    said = questions.measurements()
    assert (said["kind"], said["has"], said["budget"]) == ("project", {"bootstrap": True, "gallery": False}, 6)
    assert questions.affinity()["before_is"] == {"name": "mean test loss", "better": "lower", "logarithmic": True}
    found = questions.bootstrap({"budget": 2, "draws": 20, "seed": 1})
    arguments = ("--budget", "2", "--bootstrap", "20", "--seed", "1", "--json")
    typed = json.loads(run("--registry", str(measured / "registry.toml"), "taxonomy", *arguments).stdout)["bootstrap"]
    assert json.loads(json.dumps(found)) == typed


def test_a_file_says_that_it_has_no_losses(questions):
    with pytest.raises(RefusedError, match=r"scores\.json has no losses of single images to draw again\."):
        questions.bootstrap({})


def test_the_papers_names_are_understood_and_ours_are_answered(questions):
    ours = questions.taxonomy({"costs": {"normals": 3, "depth_zbuffer": 2}, "have": ["denoising"], "budget": 2})
    theirs = {"costs": {PAPER["normals"]: 3, PAPER["depth_zbuffer"]: 2}, "have": [PAPER["denoising"]], "budget": 2}
    assert without_time(questions.taxonomy(theirs)) == without_time(ours)
    assert "rgb2" not in questions.taxonomy(theirs)["command"]


def test_every_preset_is_a_choice_that_can_be_answered(questions, published_folder):
    for asked in (questions, Questions(read(Session(), published_folder))):
        presets = asked.measurements()["presets"]
        assert {"default", "paper_2", "paper_8", "only_3d", "new_target", "have_labels"} == {p["name"] for p in presets}
        for preset in presets:
            assert asked.taxonomy(preset["state"])["status"] == "optimal"


def test_the_papers_preset_is_fig_8(published_folder):
    # Facts 6.3: at order 1 and budget 2, 16 tasks from normals, 4 from denoising; at budget 8, 14 transfers.
    asked = Questions(read(Session(), published_folder))
    states = {preset["name"]: preset["state"] for preset in asked.measurements()["presets"]}
    edges = asked.taxonomy(states["paper_2"])["edges"]
    served = [edge["sources"][0] for edge in edges if edge["sources"] != [edge["target"]]]
    assert (served.count("normals"), served.count("denoising"), len(served)) == (16, 4, 20)
    edges = asked.taxonomy(states["paper_8"])["edges"]
    assert sum(edge["sources"] != [edge["target"]] for edge in edges) == 14


def test_a_search_that_nobody_waits_for_ends(questions):
    for ask in (questions.taxonomy, questions.staircase):
        with pytest.raises(CancelledSearchError):
            ask({}, lambda: True)


def test_a_budget_to_begin_with(of_file):
    assert first_budget(of_file) == 7.5  # all costs together, which is less than 8


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"budgte": 2}, "There is no 'budgte' in a request. Did you mean budget?"),
        ({"budget": -1}, "The budget is -1; it must be a number from 0 to 1,000,000,000."),
        ({"budget": float("nan")}, "The budget is nan; it must be a number from 0 to 1,000,000,000."),
        ({"budget": float("inf")}, "The budget is inf; it must be a number from 0 to 1,000,000,000."),
        ({"budget": True}, "The budget is true; it must be a number from 0 to 1,000,000,000."),
        ({"budget": 10**400}, "The budget is too large a number; it must be a number from 0 to 1,000,000,000."),
        ({"budget": "2"}, "The budget is '2'; it must be a number from 0 to 1,000,000,000."),
        ({"budget": None}, "The budget is nothing; it must be a number from 0 to 1,000,000,000."),
        ({"order": 0}, "The order is 0; it must be a whole number from 1 to 100."),
        ({"order": 1.0}, "The order is 1.0; it must be a whole number from 1 to 100."),
        ({"objective": "best"}, "There is no objective 'best'."),
        ({"objective": ["sqrt"]}, "There is no objective a list."),
        ({"roles": {"normals": "boss"}}, "The role of normals is 'boss'."),
        ({"roles": ["normals"]}, "roles is a list; it must be an object, task by task."),
        ({"roles": {"nromals": "both"}}, "scores.json has no task 'nromals'. Did you mean normals?"),
        ({"roles": {"jigsaw": "target"}}, "jigsaw cannot be a target: scores.json has no transfer to it."),
        ({"costs": {"normals": -2}}, "The cost of normals is -2; it must be a number from 0 to 1,000,000,000."),
        ({"costs": {"normals": 1, "rgb2sfnorm": 2}}, "costs gives normals twice, by two of its names."),
        ({"have": "normals"}, "have is 'normals'; it must be a list of tasks."),
        ({"have": [{}]}, "have is a list; it must be a list of tasks."),
        ({"have": ["x" * 1000]}, f"have names '{'x' * 60}...', which is no task."),
        ({"have": ["normals"], "roles": {"normals": "unused"}}, "normals cannot be labelled already and unused."),
        ({"have": ["normals"], "ruled_out": ["normals"]}, "normals cannot be --forbid and --have at once."),
        ({"roles": {f"t{n}": "both" for n in range(201)}}, "The request names more than 200 tasks."),
        ({"neighbours": 1}, "neighbours is 1; it must be true or false."),
        ({"alternatives": 21}, "The alternatives is 21; it must be a whole number from 0 to 20."),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_in_a_sentence(questions, choice, message):
    with pytest.raises(TaskonomyError) as refused:
        questions.taxonomy(choice)
    assert refused.value.message == message
    assert refused.value.hint
