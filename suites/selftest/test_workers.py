"""`check -n`: several processes come to what one comes to, each with ports of its own and its part of the rate."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from relaycheck.cli.check import ONE_AT_QUICK, Wish, settings_of
from relaycheck.cli.workers import TooFewPorts, shared, workers
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.rollup import RunVerdict
from relaycheck.target import WitnessSettings
from relaycheck.target.options import Options, target_from
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.verdicts import Kind

SELECTED = ("RM-204-*", "RM-CT-01")


LOOPBACK = WitnessSettings(delivery_timeout=0.4, settle_time=0.1)
TARGET = target_from(Options("http://127.0.0.1:1", basic="tim0:secret-1"), {})


def settings_for(candidate: str, stack: ExitStack) -> Settings:
    """A target and a witness for one process, as `check` has them without a target."""
    witness = stack.enter_context(Witness(LOOPBACK))
    embedded = stack.enter_context(Embedded(faults=True, default_smtp=(witness.main.host, witness.main.port)))
    target = replace(embedded.target_for(candidate), witness=LOOPBACK)
    return Settings(target, witness=witness, select=SELECTED)


def outcome_of(candidate: str, processes: int) -> RunOutcome:
    make = partial(settings_for, candidate)
    with ExitStack() as stack:
        settings = make(stack)
        if processes > 1:
            others = stack.enter_context(workers(make, processes, ()))
            settings = replace(shared(settings, 0, processes), others=others)
        outcome = launch_for_outcome(settings)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize("candidate", ["", "RM-204-02-for-forms", "RM-CT-01-415"])
def test_two_processes_come_to_the_verdicts_of_one(candidate: str) -> None:
    one, two = outcome_of(candidate, 1), outcome_of(candidate, 2)
    assert one.conclusion.verdict is (RunVerdict.NONCONFORMANT if candidate else RunVerdict.CONFORMANT)
    assert kinds(one) == kinds(two)
    assert one.conclusion.verdict is two.conclusion.verdict
    assert one.conclusion.exit_code == two.conclusion.exit_code
    ids = [exchange.id for exchange in two.exchanges]
    assert len(set(ids)) == len(ids)
    assert {id.partition("-")[0] for id in ids if "-" in id} == {"X1"}


def kinds(outcome: RunOutcome) -> dict[str, Kind]:
    return {check.id: check.verdict.kind for check in outcome.checks} | {
        row.requirement.id: row.verdict.kind for row in outcome.conclusion.rows
    }


def with_ports(*ports: int) -> Settings:
    return Settings(replace(TARGET, witness=WitnessSettings(listen_ports=ports)))


def test_each_process_has_witness_ports_of_its_own() -> None:
    settings = with_ports(2525, 2526, 2527)
    assert shared(settings, 0, 2).target.witness.listen_ports == (2525, 2527)
    assert shared(settings, 1, 2).target.witness.listen_ports == (2526,)


def test_too_few_ports_are_named_with_what_to_declare() -> None:
    with pytest.raises(TooFewPorts, match=r"1 is declared.*2525-2528"):
        shared(with_ports(2525), 0, 2)


def test_the_processes_share_the_rate() -> None:
    settings = Settings(replace(TARGET, limits=replace(TARGET.limits, requests_per_second=10.0)))
    assert shared(settings, 1, 2).target.limits.requests_per_second == 5.0


def test_quick_depth_says_that_one_process_made_all() -> None:
    with ExitStack() as stack:
        assert ONE_AT_QUICK in settings_of(Wish(depth="quick", workers=2), stack).notes
        assert ONE_AT_QUICK not in settings_of(Wish(depth="quick"), stack).notes
