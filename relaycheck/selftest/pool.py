"""Long-lived worker processes, each with a bench; jobs go to whoever is free. A worker that dies or hangs is replaced."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Self

from relaycheck.selftest.trial import Job, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.process import BaseProcess

WORKERS = 6
"""On two cores: three quarters of a trial are waiting for what must not come."""
PRELOADED = [
    "relaycheck.selftest.bench",
    "relaycheck.strategies.schema",
    "schemathesis.openapi",
    "schemathesis.specs.openapi.schemas",
]
DEADLINE = 600.0
"""Seconds that one job may take."""
END_DEADLINE = 10.0
COLLECT_AFTER = 1000
"""Requests after which a worker frees what its runs left behind."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None
    since: float = 0.0

    def give(self, job: Job) -> None:
        self.job, self.since = job, time.monotonic()
        with suppress(OSError):  # a worker that has died is found out when its answer is read
            self.pipe.send(job)

    def end(self) -> None:
        """Asks it to end; kills it if it does not."""
        with suppress(OSError):
            self.pipe.send(None)
        self.process.join(0 if self.job else END_DEADLINE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


class Pool:
    """Context manager. `trials` gives each job's trial as soon as it is there, in no particular order."""

    def __init__(self, workers: int = WORKERS, deadline: float = DEADLINE) -> None:
        self._count = workers
        self._deadline = deadline
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._workers = [_started() for _ in range(self._count)]
        return self

    @property
    def processes(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        return tuple(worker.process.pid for worker in self._workers if worker.process.pid is not None)

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def trials(self, jobs: Iterable[Job]) -> Iterator[Trial]:
        """A job whose worker dies or takes too long ends as trouble."""
        waiting = list(reversed(list(jobs)))
        while waiting or any(worker.job for worker in self._workers):
            self._hand_out(waiting)
            busy = {worker.pipe: worker for worker in self._workers if worker.job}
            first = min(worker.since for worker in busy.values())
            ready = wait(list(busy), max(0.0, first + self._deadline - time.monotonic()))
            for pipe in ready:
                assert isinstance(pipe, Connection)
                yield self._answer(busy[pipe])
            if not ready:
                late = [w for w in busy.values() if time.monotonic() - w.since >= self._deadline]
                yield from [self._lost(w, f"it did not end within {self._deadline:g} s") for w in late]

    def _hand_out(self, waiting: list[Job]) -> None:
        while waiting and len(self._workers) < self._count:
            self._workers.append(_started())
        for worker in self._workers:
            if waiting and worker.job is None:
                worker.give(waiting.pop())

    def _answer(self, worker: _Worker) -> Trial:
        try:
            trial = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(END_DEADLINE)
            return self._lost(worker, f"its worker ended with status {worker.process.exitcode}")
        assert isinstance(trial, Trial)
        worker.job = None
        return trial

    def _lost(self, worker: _Worker, why: str) -> Trial:
        assert worker.job is not None
        trial = Trial(worker.job, trouble=why, seconds=time.monotonic() - worker.since)
        self._workers.remove(worker)
        worker.end()
        return trial


def _started() -> _Worker:
    context = multiprocessing.get_context("forkserver")  # what all workers import is imported once
    context.set_forkserver_preload(PRELOADED)
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection) -> None:
    """A worker's life: ends with None, or with the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    from relaycheck.selftest.bench import Bench

    with open(os.devnull, "w") as nowhere, ExitStack() as stack, suppress(EOFError, OSError):
        os.dup2(nowhere.fileno(), 1)
        bench = stack.enter_context(Bench())
        gc.disable()  # a sixth of the time, for garbage that a run leaves once, at its end
        requests = 0
        while (job := pipe.recv()) is not None:
            trial = bench.run(job)
            pipe.send(trial)
            requests += trial.sent
            if requests > COLLECT_AFTER:
                gc.collect()
                requests = 0
