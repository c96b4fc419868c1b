"""What a step says when it fails: how an error becomes Dagster's failure, and how that is read back from a run.

Belongs here: the sentence, the kind of the error, whether a later try can help, the pause before it, and the end
that an interrupt makes. Does not belong here: any API, nor what follows from a failure (`schedule`, `alerts`).
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import dagster as dg

from tv_appearances import automation
from tv_appearances.fetching.errors import FetchError
from tv_appearances.storage import FilesError

RETRIED_WITHIN = 600
"""Seconds within which Dagster starts a run again that it has marked for that."""
_KIND, _REASON = "kind", "reason"


class RunInterrupted(dg.DagsterExecutionInterruptedError, dg.DagsterError):
    """Ctrl-C or *Terminate*: ends the run, where Dagster would try an interrupted step with a retry policy again.

    Both are Dagster's: an error of its own passes by the policy, and an interrupt ends the run.
    """


class Failed(NamedTuple):
    """What a failed step said.

    Attributes:
        kind: The class of the error.
        sentence: The message.
        reason: What it has in common with others, "" where it is the step's own: an outage is told once, not once for
            each show.
    """

    kind: str
    sentence: str
    reason: str


@contextmanager
def clear_failures(*others: type[Exception]) -> Iterator[None]:
    """Turn errors into what Dagster acts on; around a block, or as a decorator of an asset's function.

    Those of `fetching` and of `storage`, and `others`, become a `dagster.Failure`: the sentence, no traceback, and a
    retry only of what has a true attribute `retryable`, after a pause. An interrupt ends the run.
    """
    told: tuple[type[Exception], ...] = (FetchError, FilesError, *others)
    try:
        try:
            yield
        except told as error:
            kind, retryable = type(error).__name__, bool(getattr(error, "retryable", False))
            _wait_before_retry(retryable=retryable)
            said = {_KIND: kind, **({_REASON: kind} if retryable else {})}
            raise dg.Failure(str(error), metadata=said, allow_retries=retryable) from None
    except dg.DagsterExecutionInterruptedError:
        raise RunInterrupted("The run was interrupted; what was there before is untouched.") from None


def failure_of(instance: dg.DagsterInstance, run_id: str) -> Failed | None:
    """What the first step of the run said that failed; None where the run failed outside of any step."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        failed = entry.get_dagster_event().step_failure_data
        said = failed.user_failure_data
        if said and said.description:
            kind, reason = (str(said.metadata[key].value) if key in said.metadata else "" for key in (_KIND, _REASON))
            return Failed(kind, said.description, reason)
        if failed.error:
            return Failed(failed.error.cls_name or "", " ".join(failed.error.message.split())[:500], "")
    return None


def is_retried(record: dg.RunRecord, now: float) -> bool:
    """Whether Dagster is about to start the run again by itself, as `run_retries` has it; `now` is epoch seconds."""
    marked = record.dagster_run.tags.get("dagster/will_retry") == "true"
    return marked and now - (record.end_time or 0) < RETRIED_WITHIN


def _wait_before_retry(*, retryable: bool) -> None:
    """Wait and say so, where Dagster is going to try the step again."""
    try:
        context = dg.AssetExecutionContext.get()
    except dg.DagsterInvariantViolationError:  # called as a plain function
        return
    policy, done = context.assets_def.op.retry_policy, context.retry_number
    if not (retryable and policy and done < policy.max_retries):
        return
    pause = automation.RETRY_PAUSES[min(done, len(automation.RETRY_PAUSES) - 1)]
    pause *= random.uniform(0.5, 1.5)  # noqa: S311  # nosec B311  # spreads load, keeps no secret
    context.log.warning(
        "%s failed; starting it again in %.1f s (try %d of %d).",
        context.asset_key.to_user_string(),
        pause,
        done + 2,
        policy.max_retries + 1,
    )
    time.sleep(pause)
