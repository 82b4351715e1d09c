"""The same work in several processes: chunks out, outcomes back in the order of the files."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from lint_rules.discovery import Target
from lint_rules.ending import check_end
from lint_rules.portions import by_project, shares
from lint_rules.project.roots import Roots
from lint_rules.worker import EngineClass, Outcome, Progress, Task, Worker, failed

_worker: Worker | None = None


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(
    targets: Sequence[Target], task: Task, make_engine: EngineClass, jobs: int, progress: Progress,
    roots: Roots,
) -> list[Outcome]:  # fmt: skip
    """Analyse ``targets`` in ``jobs`` processes; the result does not depend on how many."""
    portions = shares(by_project(targets, roots), jobs)
    chunks = [[targets[place] for place in portion] for portion in portions]
    results = _run_chunks(chunks, task, make_engine, min(jobs, len(chunks)), progress)
    outcomes: dict[int, Outcome] = {}
    for portion, chunk, result in zip(portions, chunks, results, strict=True):
        found = result if result is not None else _apart(chunk, task, make_engine)
        outcomes.update(zip(portion, found, strict=True))
    return [outcomes[place] for place in range(len(targets))]


def _run_chunks(
    chunks: Sequence[Sequence[Target]],
    task: Task,
    make_engine: EngineClass,
    jobs: int,
    progress: Progress,
) -> list[list[Outcome] | None]:
    """The outcomes of each chunk; None for those that a dying process took with it."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, initializer=_start, initargs=(task, make_engine))
    results: list[list[Outcome] | None] = []
    total, done = sum(map(len, chunks)), 0
    try:
        futures: list[Future[list[Outcome]]] = [pool.submit(_analyse, chunk) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                results.append(future.result())
            except BrokenProcessPool:
                results.append(None)
            check_end()
            done += len(chunk)
            progress(done, total)
    except BaseException:
        # Ctrl-C or a signal to end.  Nothing has been written yet; waiting for the chunks under way
        # would only take time.
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return results


def _apart(targets: Sequence[Target], task: Task, make_engine: EngineClass) -> list[Outcome]:
    """Files among which is one that kills its process: halve until it is known by name."""
    (result,) = _run_chunks([targets], task, make_engine, 1, lambda done, total: None)
    if result is not None:
        return result
    if len(targets) > 1:
        middle = len(targets) // 2
        halves = (targets[:middle], targets[middle:])
        return [outcome for half in halves for outcome in _apart(half, task, make_engine)]
    message = "could not be analysed: the process died; please report this, and exclude the file"
    return [failed(targets[0], message)]


def _start(task: Task, make_engine: EngineClass) -> None:
    global _worker
    # Ctrl-C goes to the whole group of processes; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _worker = Worker(task, make_engine)


def _end_with_the_parent() -> None:
    """A parent that was killed cannot say goodbye; its processes would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _analyse(chunk: Sequence[Target]) -> list[Outcome]:
    assert _worker is not None
    outcomes = [_worker.analyse(target) for target in chunk]
    _worker.keep()
    return outcomes
