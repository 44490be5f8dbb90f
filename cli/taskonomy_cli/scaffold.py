"""Writing a new plugin from templates: all of its files, or none. Templates are files of this package."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.files import write_atomically

# "other" starts as "2d" does: from the picture alone.
_LIKE = {"other": "2d"}


@dataclass(frozen=True)
class NewTask:
    """What the templates are filled with; `name` must be a task's name."""

    name: str
    group: str

    @property
    def distribution(self) -> str:
        """What pip calls the package, and its folder."""
        return f"taskonomy-{self.name.replace('_', '-')}"

    @property
    def module(self) -> str:
        """What Python calls the package."""
        return f"taskonomy_{self.name}"

    @property
    def words(self) -> dict[str, str]:
        """What stands for every $word of a template."""
        return {
            "name": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "group": self.group,
            "distribution": self.distribution,
            "module": self.module,
        }

    def file(self) -> dict[str, str]:
        """The one file of a task on its own, by path."""
        return {f"{self.name}.py": self._filled(f"task_{self._start}.py")}

    def package(self) -> dict[str, str]:
        """Every file of a package, by path."""
        return {
            "pyproject.toml": self._filled("package/pyproject.toml"),
            "README.md": self._filled("package/README.md"),
            f"src/{self.module}/__init__.py": self._filled("package/init.py"),
            f"src/{self.module}/{self.name}.py": self._filled(f"task_{self._start}.py"),
            f"tests/test_{self.name}.py": self._filled(f"test_{self._start}.py"),
        }

    @property
    def _start(self) -> str:
        return _LIKE.get(self.group, self.group)

    def _filled(self, template: str) -> str:
        file = resources.files("taskonomy_cli") / "templates" / f"{template}.template"
        return Template(file.read_text(encoding="utf-8")).substitute(self.words)


def write_file(path: Path, text: str) -> None:
    """Write a file that does not exist yet, whole or not at all. Errors: TaskonomyError, see `refuse_existing`."""
    refuse_existing(path)
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise _unwritable(path, error) from error


def write_folder(path: Path, files: Mapping[str, str]) -> None:
    """Write a folder that does not exist yet, with all its files or not at all. Errors: TaskonomyError."""
    refuse_existing(path)
    try:
        # Beside its place, so that the last step is a renaming.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as temporary:
            for name, text in files.items():
                file = Path(temporary, path.name, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            Path(temporary, path.name).rename(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def refuse_existing(path: Path) -> None:
    """Errors: TaskonomyError where there is anything of this name already."""
    if path.exists() or path.is_symlink():
        raise TaskonomyError(f"{path} exists already; nothing was written.", "Choose another name, or remove it.")


def _unwritable(path: Path, error: OSError) -> TaskonomyError:
    return TaskonomyError(
        f"{path} cannot be written ({error.strerror or error}); nothing is left of it.",
        "Give yourself the right to write in that folder, or go to another.",
    )
