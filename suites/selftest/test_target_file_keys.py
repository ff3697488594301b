"""The keys of a target file: the schema knows them all, each has its line, and a wrong one is near a right one."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import jsonschema
import pytest
from target_files import FULL

from relaycheck.target.positions import KeyPath, key_lines
from relaycheck.target.schema import known_keys, nearest_key, target_schema


def test_the_schema_is_valid_and_knows_every_key_of_the_full_file() -> None:
    jsonschema.Draft202012Validator.check_schema(target_schema())
    jsonschema.validate(tomllib.loads(FULL), target_schema())
    free = re.compile(r"auth\.(xsrf|xsrf_other)\.cookies\..*")
    used = {
        ".".join(str(part) for part in path if isinstance(part, str))
        for path in key_lines(FULL)
        if not free.match(".".join(map(str, path)))
    }
    assert set(known_keys()) - used == {
        "trust",
        "witness.kind",
        "witness.delivery_timeout",
        "content.xml.item_namespace",
        "content.xml.nil",
    }
    assert used <= set(known_keys())


@pytest.mark.parametrize(
    ("unknown", "known"),
    [
        (("Url",), "url"),
        (("auth", "soticket", "token"), "auth.soticket.ticket"),
        (("witness", "listens"), "witness.listen"),
        (("domain",), "safety.domain"),
        (("auth", "basic", "also", 1, "username"), "auth.basic.also.user"),
    ],
)
def test_an_unknown_key_is_near_a_known_one(unknown: KeyPath, known: str) -> None:
    found = nearest_key(unknown)
    assert found == known
    assert found in known_keys()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1\n\n b = 2 # x = 1\n", {("a",): 1, ("b",): 3}),
        ('a."b.c" = 1\na.d = "x # y"\n', {("a",): 1, ("a", "b.c"): 1, ("a", "d"): 2}),
        ("[t]\nk = 1\n[t.u]\nk = 2\n", {("t",): 1, ("t", "k"): 2, ("t", "u"): 3, ("t", "u", "k"): 4}),
        ("[t.u]\n[t]\n", {("t", "u"): 1, ("t",): 2}),
        (
            "[[t]]\nk = 1\n[[t]]\nk = 2\n[t.u]\nv = 3\n",
            {
                ("t",): 1,
                ("t", 0): 1,
                ("t", 0, "k"): 2,
                ("t", 1): 3,
                ("t", 1, "k"): 4,
                ("t", 1, "u"): 5,
                ("t", 1, "u", "v"): 6,
            },
        ),
        ("a = { b = 1, c = { d = 2 } }\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1}),
        (
            "a = [ # [\n 1,\n  {b = ']'}, # x\n]\nc = 1",
            {("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("c",): 5},
        ),
        ('a = """\nb = 1\n"" \\""""""\nc = \'\'\'\n[x]\n\'\'\'\'\nd = 1', {("a",): 1, ("c",): 4, ("d",): 7}),
        (
            "a = 1979-05-27 07:32:00\r\nb = [1979-05-27 07:32:00, 2]\r\n",
            {("a",): 1, ("b",): 2, ("b", 0): 2, ("b", 1): 2},
        ),
    ],
)
def test_each_key_of_a_toml_text_has_its_line(text: str, lines: dict[KeyPath, int]) -> None:
    tomllib.loads(text)
    assert dict(key_lines(text)) == lines


def paths(data: Any, before: KeyPath = ()) -> set[KeyPath]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {path for key, value in entries for path in ({(*before, key)} | paths(value, (*before, key)))}


def test_no_key_of_a_file_is_without_a_line() -> None:
    assert paths(tomllib.loads(FULL)) == set(key_lines(FULL))
