"""When the assets run by themselves: two named conditions, each with its reason, and the sensor that acts on them.

Belongs here: conditions, the sensor, and how often what failed is tried again. Does not belong here: what an asset
does, or when its content counts as changed (each asset's data version says that).
"""

from datetime import timedelta
from typing import Any, TypeAlias

import dagster as dg

Condition: TypeAlias = dg.AutomationCondition[Any]

DAILY_AT = "0 0 * * *"
"""Midnight UTC, as in the blog post."""
RETRY_AT = "30 * * * *"
RETRIES_END_AT = "0 6 * * *"
"""When a day's tries end: some hours after the day began."""

STALE = timedelta(hours=26)
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=STALE)
"""A day and two hours without an answer from TVMaze is worth a look, two days and two hours are worth an alarm."""

RETRY_PAUSES = (2.0, 6.0)
"""Seconds before a failed step is tried again, give or take half. They pass within the step that failed, where Ctrl-C
and *Terminate* end them; Dagster's own pause between two tries hears neither."""

RETRIES = dg.RetryPolicy(max_retries=len(RETRY_PAUSES))
"""For a fault that outlasted the client's own retries. What trying again cannot cure is raised with
`allow_retries=False` and ends the step at once."""


def _condition(trigger: Condition, guard: Condition, retries_end_at: str | None, label: str) -> Condition:
    requested, updated = dg.AutomationCondition.newly_requested(), dg.AutomationCondition.newly_updated()
    # A run of the old code that ends after the new one was loaded makes no difference to it.
    changed_code = dg.AutomationCondition.code_version_changed()
    retry = (
        dg.AutomationCondition.cron_tick_passed(RETRY_AT)
        & dg.AutomationCondition.execution_failed()
        & (trigger | changed_code)
        .since(dg.AutomationCondition.cron_tick_passed(retries_end_at or RETRIES_END_AT))
        .with_label("due_since_retries_ended")
    ).with_label("failed_and_worth_another_try")
    return (
        (
            (trigger | retry).since(requested | updated).with_label("due_and_not_yet_handled")
            | changed_code.since(requested).with_label("code_or_settings_changed")
        ).with_label("due")
        & guard
        & ~dg.AutomationCondition.in_progress()
    ).with_label(label)


def _nothing_known() -> Condition:
    """Nothing was ever made, or this condition is evaluated for the first time and cannot know from what it was."""
    return dg.AutomationCondition.newly_missing() | dg.AutomationCondition.initial_evaluation()


def daily(at: str | None = None, retries_end_at: str | None = None) -> Condition:
    """Ask once a day, and at once where there is nothing yet or where the asset's code or settings changed.

    `at` is the cron line of the day's beginning, `DAILY_AT` unless given; `retries_end_at` that of the hour after which
    what failed is left until the next day, `RETRIES_END_AT` unless given. Give both or none.

    Why not `AutomationCondition.on_cron`: it waits for a tick after its first evaluation, so a fresh instance would
    show nothing until midnight, and a failed day would be a lost day. Here a failed run is tried again at half past
    every hour until six in the morning, and then left until midnight: bounded, so that an outage is no storm.
    """
    new_day = dg.AutomationCondition.cron_tick_passed(at or DAILY_AT)
    trigger = (_nothing_known() | new_day).with_label("missing_or_a_new_day")
    return _condition(trigger, ~dg.AutomationCondition.any_deps_missing(), retries_end_at, "daily")


def when_data_changes(at: str | None = None, retries_end_at: str | None = None) -> Condition:
    """Run when what an input *holds* changed, not merely because the input ran; or where nothing is there yet.

    Why not `AutomationCondition.eager`: it never starts on a fresh instance, it runs whenever an input ran, whatever
    came of it, and it runs over bad data in the run after the one in which a blocking check failed. Each asset waits
    for those above it to finish, so a change stops at the first asset whose content stays the same. A failed run is
    tried again as for `daily`, and every midnight after that; so is one that was cancelled, at midnight. The arguments
    are those of `daily`.
    """
    new_day = dg.AutomationCondition.cron_tick_passed(at or DAILY_AT)
    changed_above = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
    behind = (
        dg.AutomationCondition.execution_failed()
        | dg.AutomationCondition.missing()
        | changed_above.since(dg.AutomationCondition.newly_updated())
    ).with_label("behind_what_is_above")
    trigger = (_nothing_known() | changed_above | (new_day & behind)).with_label("missing_or_changed_above")
    # Not `all_deps_blocking_checks_passed`: a check that a cancelled run did not come to has not passed either.
    blocked = dg.AutomationCondition.any_checks_match(dg.AutomationCondition.check_failed(), blocking_only=True)
    guard = (
        ~dg.AutomationCondition.any_deps_missing()
        & ~dg.AutomationCondition.any_deps_in_progress()
        & ~dg.AutomationCondition.any_deps_match(blocked).with_label("blocked_above")
    ).with_label("inputs_ready")
    return _condition(trigger, guard, retries_end_at, "when_data_changes")


def sensor(
    target: dg.AssetSelection, interval_seconds: int = 30, name: str = "keep_current"
) -> dg.AutomationConditionSensorDefinition:
    """The sensor that evaluates the conditions of `target`, on from the start; Dagster's own starts off."""
    return dg.AutomationConditionSensorDefinition(
        name,
        target=target,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=interval_seconds,
        description="Runs an asset when its automation condition holds; its Automation tab shows which part did.",
    )
