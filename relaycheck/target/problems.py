"""What is wrong with a target description, as sentences: all of it at once, never a traceback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it stands (`target.toml:12`, `--basic`), the dotted key, what is wrong, what to do."""

    where: str
    key: str
    what: str
    todo: str = ""

    def __str__(self) -> str:
        subject = f"{self.where}: {self.key}" if self.key else self.where
        ends = ("", ".") if self.todo and not self.todo.endswith((".", "?")) else ("", "")
        return f"{subject}: {self.what}." + (f" {self.todo}{ends[1]}" if self.todo else "")


class TargetProblem(Exception):
    """The target description cannot be used. `str` is the printable text, one line a problem; no secret is in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
