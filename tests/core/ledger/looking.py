"""What a project of made-up tasks (see fake_trainer) has come to, for the tests to look at."""

from taskonomy_core.ledger.store import Store


def end_of(project):
    """{key: what is stored}, every file read back."""
    with Store.open(project.folder) as store:
        results = store.snapshot().results
        assert not [file for result in results.values() for file in store.verify(result) if file.fault]
        return {key: (result.state, result.weights, result.losses) for key, result in results.items()}


def begun(project):
    """The names of the jobs that were begun, in that order."""
    path = project.folder.parent / "log"
    return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []


def newly_begun(project):
    """Those since the last call."""
    names = begun(project)
    (project.folder.parent / "log").unlink(missing_ok=True)
    return names
