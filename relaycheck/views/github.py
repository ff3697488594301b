"""GitHub Actions: the step summary as Markdown, and annotations as workflow commands. Pure.

Limits of the host: 1 MiB a step summary (a longer one is dropped whole), ten annotations of a kind a step.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.verdicts import Kind
from relaycheck.views.telling import (
    NO_STATEMENT,
    counts,
    did,
    findings,
    four_beats,
    level_line,
    next_line,
    number,
    printable,
    speaking,
    verdict_line,
    words,
)

if TYPE_CHECKING:
    from relaycheck.evidence.model import RequirementFacts, Result

ANNOTATIONS = 10
LARGEST = 900_000
"""Octets: below the host's limit, with room for what else the step writes."""
MARK = {"conformant": "✅", "nonconformant": "❌"}
SEVERE = (Kind.FAIL, Kind.ERROR)


def summary(result: Result) -> str:
    """Verdict, level, a table by class, then the findings in four beats as far as the host has room."""
    parts = [*_head(result), *_classes(result), *_chapters(result)]
    rows = findings(result)
    used = len("".join(parts).encode())
    for place, row in enumerate(rows):
        part = _finding(row)
        used += len(part.encode())
        if used > LARGEST:
            parts.append(f"\n{number(len(rows) - place, 'more finding')}: see the report.\n")
            break
        parts.append(part)
    parts.append(f"\n<sub>{_inline(result.suite.decision_rule)}</sub>\n")
    return "".join(parts)


def _head(result: Result) -> list[str]:
    mark = "⚪" if result.run.partial else MARK.get(result.verdict, "⚪")
    lines = [
        f"## {mark} RelayMessage: {_inline(verdict_line(result))}",
        f"{_inline(result.target.name or 'target')}, `{_code(result.target.url)}`",
        f"**{_inline(level_line(result))}**",
    ]
    if result.verdict == "inconclusive":
        lines.append(f"{NO_STATEMENT[0].upper()}{NO_STATEMENT[1:]}.")
    lines += [_inline(text) for text in (result.run.obstacle, result.reason, next_line(result)) if text]
    lines.append(
        f"{_inline(did(result))} (depth {result.run.depth}, seed {result.run.seed}, edition {result.suite.edition})"
    )
    return ["\n\n".join(lines), "\n\n"]


def _classes(result: Result) -> list[str]:
    lines = ["| class | verdict | MUST rows passed | warnings |", "|---|---|---:|---:|"]
    lines += [
        f"| {c.conformance_class} | {words(c.verdict)} | {c.passed} of {c.applicable} | {c.warnings} |"
        for c in result.classes
    ]
    return ["\n".join(lines), "\n\n"]


def _chapters(result: Result) -> list[str]:
    shown = [kind for kind in Kind if counts(result.requirements)[kind]]
    if not shown:
        return []
    lines = [
        f"| chapter | {' | '.join(words(kind) for kind in shown)} |",
        f"|---|{'---:|' * len(shown)}",
    ]
    for chapter in result.chapters:
        mine = counts(row for row in result.requirements if row.chapter == chapter.key)
        if mine:
            lines.append(f"| {_inline(chapter.title)} | {' | '.join(str(mine[kind] or '·') for kind in shown)} |")
    return ["<details><summary>By chapter</summary>\n\n", "\n".join(lines), "\n\n</details>\n\n"]


def _finding(row: RequirementFacts) -> str:
    checks = [check for check in speaking(row) if check.beats]
    told = four_beats(checks[0]) if checks else f"came      {printable(row.reason)}"
    more = f"\n\nand {number(len(checks) - 1, 'more check')} of this row" if len(checks) > 1 else ""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", told)), default=0))
    is_open = " open" if row.verdict in SEVERE else ""
    return (
        f"<details{is_open}><summary><b>{words(row.verdict).upper()}</b> {row.id} {_inline(row.title)}</summary>\n\n"
        f"{fence}text\n{told}\n{fence}{more}\n\n</details>\n"
    )


def workflow_commands(result: Result) -> list[str]:
    """At most ten workflow commands, the worst finding first."""
    rows = findings(result)
    told = [_annotation(row) for row in rows[:ANNOTATIONS]]
    if len(rows) > ANNOTATIONS:
        told[-1] = _command("warning", "relaycheck", f"{len(rows) - ANNOTATIONS + 1} more findings: see the summary")
    return told


def _annotation(row: RequirementFacts) -> str:
    check = next((check for check in speaking(row) if check.beats), None)
    kind = "error" if row.verdict in SEVERE else "warning"
    text = f"{row.statement}\n{check.beats.came}\n{check.beats.again}" if check and check.beats else row.reason
    return _command(kind, f"{words(row.verdict)}: {row.id} {row.title}", printable(text))


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command; its delimiters in the values are percent-encoded."""
    named = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={named}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def muted(text: str, token: str) -> str:
    """`text` between the commands that make the host take none of it for a command. `token`: a word that `text` cannot foresee."""
    return f"::stop-commands::{token}\n{text}\n::{token}::\n"


def _inline(text: str) -> str:
    """Text in which Markdown, HTML and mentions mean nothing."""
    escaped = printable(text).replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|#~@$])", r"\\\1", escaped)


def _code(text: str) -> str:
    return printable(text).replace("`", "'").replace("|", "%7C").replace("\n", " ")
