"""Somebody is told: what fails and why, once for each reason; when it is good again; when another character leads.

Belongs here: what is worth a message, how often, and the ways it goes out: a webhook, e-mail, and a heartbeat. Does not
belong here: what an error says (the modules that raise it), and which settings there are (`settings`).

Why not `make_email_on_run_failure_sensor`: it writes once for each failed run, so an outage with a hundred shows is a
hundred messages an hour; it does not say when it is over; and it does not write to a server without a password. Nobody
but the heartbeat notices that the daemon itself is dead, or that the code location no longer loads: have something
outside wait for it.
"""

import json
import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from typing import Any, Literal, NoReturn, Protocol
from urllib.parse import unquote, urlsplit

import dagster as dg

from tv_appearances.failures import failure_of, is_retried
from tv_appearances.show_list import ShowList, ShowListError

QUIET_HOURS = 6.0
"""Hours in which a reason that was told is not told again, however often it comes and goes."""
INTERVAL_SECONDS = 60
LATE = timedelta(minutes=15)
"""A sensor that is on and has not ticked for so long is taken for dead."""
NAMED = 20
"""How many shows a message names."""
TIMEOUT = 10.0
MOST_UNSENT = 100

Kind = Literal["failing", "good again", "leader"]


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told: a line for the subject, and the text, whose first line it is."""

    kind: Kind
    title: str
    text: str


class Channel(Protocol):
    """A way to somebody."""

    @property
    def name(self) -> str:
        """What messages and the state call it; no secret is in it."""

    def send(self, message: Message) -> None:
        """Deliver it, or raise an OSError that says why not."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts JSON: `text`, as the incoming webhooks of Slack, Mattermost and Google Chat take it, `kind` and `title`."""

    url: str
    name: str = "webhook"

    def send(self, message: Message) -> None:
        """As `Channel.send`."""
        import requests

        requests.post(self.url, json=asdict(message), timeout=TIMEOUT).raise_for_status()


@dataclass(frozen=True, slots=True)
class Email:
    """Sends e-mail by `server`: `smtp://host:port` (STARTTLS where it is offered) or `smtps://host:port` (TLS).

    User and password may stand before the host, `%40` for an `@` in them; without TLS they are not sent.
    """

    to: Sequence[str]
    sender: str
    server: str
    name: str = "e-mail"

    def send(self, message: Message) -> None:
        """As `Channel.send`."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Subject"] = f"[tv_appearances] {message.title}"
        mail.set_content(message.text)
        at = urlsplit(self.server)
        context = ssl.create_default_context()
        host = at.hostname or ""
        with (
            smtplib.SMTP_SSL(host, at.port or 465, timeout=TIMEOUT, context=context)
            if at.scheme == "smtps"
            else smtplib.SMTP(host, at.port or 587, timeout=TIMEOUT)
        ) as smtp:
            smtp.ehlo()
            if at.scheme == "smtp" and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
            elif at.scheme == "smtp" and at.password:
                raise smtplib.SMTPNotSupportedError(f"{host} offers no TLS, so the password is not sent to it")
            if at.password:
                smtp.login(unquote(at.username or ""), unquote(at.password))
            smtp.send_message(mail)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run of a show ended: `reason` is None where it is good. `show` is "" where there is only one."""

    show: str
    reason: str | None
    text: str = ""


@dataclass(slots=True)
class Open:
    """A reason that somebody was told about, or would have been outside the quiet hours, and whom it concerns."""

    text: str
    since: float
    shows: list[str]
    told: bool


@dataclass(slots=True)
class State:
    """What is remembered from tick to tick.

    Attributes:
        until: The moment up to which runs were read, in epoch seconds.
        reports: The cursor of the reports.
        open: What was told as failing and is not good again, by its reason.
        told: When each reason was last told, in epoch seconds.
        unsent: What a channel did not take, by its name.
    """

    until: float
    reports: str | None = None
    open: dict[str, Open] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    unsent: dict[str, list[Message]] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None, now: float) -> "State":
        """The state in a cursor; a new one, which begins now, where there is none that can be read."""
        try:
            said = json.loads(cursor or "")
            return cls(
                until=float(said["until"]),
                reports=said["reports"],
                open={key: Open(**value) for key, value in said["open"].items()},
                told=said["told"],
                unsent={key: [Message(**one) for one in value] for key, value in said["unsent"].items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(until=now)

    def write(self) -> str:
        """The state as a cursor."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def same_reason(sentence: str) -> str:
    """What two sentences have in common that say the same of two shows: no address, path, number or quoted title.

    A text in single quotes stays: it is what a person asked for, and each misspelt title is a reason of its own.
    """
    return re.sub(r'"[^"]*"|\S*/\S*|\d[\d.,:]*', "…", sentence)


def news(state: State, endings: Iterable[Ending], now: float) -> list[Message]:
    """What is worth a message in these endings, the oldest first; `state` is brought up to date.

    A reason is told when the first show has it, and not again for later shows. It is good again when the last has it no
    more.
    """
    messages: list[Message] = []
    newest = {ending.show: ending for ending in endings}
    begun: dict[str, Open] = {}
    state.told = {key: when for key, when in state.told.items() if now - when <= QUIET_HOURS * 3600}
    for ending in newest.values():
        for key, one in state.open.items():
            if ending.show in one.shows and key != ending.reason:
                one.shows.remove(ending.show)
        if ending.reason is None:
            continue
        fresh = Open(ending.text, now, [], told=ending.reason not in state.told)
        one = state.open.get(ending.reason) or begun.setdefault(ending.reason, fresh)
        if ending.show not in one.shows:
            one.shows.append(ending.show)
    for key, one in begun.items():
        state.open[key] = one
        if one.told:
            state.told[key] = now
            messages.append(_message("failing", f"Failing{_named(one.shows)}", one.text))
    for key in [key for key, one in state.open.items() if not one.shows]:
        over = state.open.pop(key)
        if over.told:
            hours = (now - over.since) / 3600
            messages.append(_message("good again", "Good again", f"After {hours:.1f} h: {over.text}"))
    return messages


def _message(kind: Kind, title: str, text: str) -> Message:
    return Message(kind, title, f"{title}.\n{text}")


def _named(shows: Sequence[str]) -> str:
    """The shows as the end of a title; nothing where the show is the only one there is."""
    named = sorted(filter(None, shows))
    if not named:
        return ""
    more = f" and {len(named) - NAMED:,} more" if named[NAMED:] else ""
    return f": {', '.join(named[:NAMED])}{more}"


def sensors(  # noqa: PLR0913 - each is something a deployment sets
    keys: Iterable[dg.AssetKey],
    *,
    webhook: str = "",
    email_to: Sequence[str] = (),
    email_from: str = "",
    smtp: str = "",
    heartbeat: str = "",
    leader_changes: bool = False,
    report: dg.AssetKey | None = None,
    watched: Sequence[str] = ("keep_current",),
    shows: ShowList | None = None,
    interval_seconds: int = INTERVAL_SECONDS,
    name: str = "alerts",
) -> list[dg.SensorDefinition]:
    """The sensor that tells somebody, on from the start; none where there is nobody to tell.

    Args:
        keys: The assets whose runs count.
        webhook: Where messages are posted as JSON.
        email_to: Who gets them by e-mail, from `email_from`, by the server `smtp` (see `Email`).
        email_from: The sender's address.
        smtp: The server's address.
        heartbeat: An address that is asked for (GET) after each tick in which all is known: no sensor of `watched` is
            off, fails or is late, and every message went out.
        leader_changes: Tell when another character leads a show.
        report: The asset whose materializations say in `leader` who does.
        watched: The sensors that keep the shows current.
        shows: The list of shows, where there is one: its lines that are no show are told.
        interval_seconds: How often to look.
        name: What the sensor is called.
    """
    ways = channels(webhook, email_to, email_from, smtp)
    if not ways and not heartbeat:
        return []
    selected = frozenset(keys)

    @dg.sensor(
        name=name,
        minimum_interval_seconds=interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells somebody what fails and why, once for each reason, and when it is good again.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = datetime.now(tz=timezone.utc)
        state = State.read(context.cursor, now.timestamp())
        state.until, ended = _ended(context.instance, selected, state.until)
        here = context.code_location_origin
        sensors_asleep = asleep(context.instance, here.location_name if here else None, watched, now)
        messages = news(state, [*ended, *sensors_asleep, *_bad_lines(shows)], now.timestamp())
        if leader_changes and report:
            messages += _leaders(context.instance, report, state)
        failed = deliver(state, ways, messages)
        if heartbeat and not failed and not any(ending.reason for ending in sensors_asleep):
            failed += _try(lambda: _ask(heartbeat), "heartbeat")
        context.update_cursor(state.write())  # a tick that fails would forget what was sent
        sent = f"{len(messages)} messages, {len(state.open)} reasons open."
        return dg.SkipReason(f"{sent} Not delivered: {'; '.join(failed)}." if failed else sent)

    return [alerts]


def channels(webhook: str, email_to: Sequence[str], email_from: str, smtp: str) -> list[Channel]:
    """The ways that are set; each argument as for `sensors`."""
    ways: list[Channel] = [Webhook(webhook)] if webhook else []
    return [*ways, Email(tuple(email_to), email_from or email_to[0], smtp)] if email_to else ways


def deliver(state: State, ways: Sequence[Channel], messages: Sequence[Message]) -> list[str]:
    """Send the messages by each channel, with what it did not take before; what went wrong, in a sentence each."""
    failed: list[str] = []
    unsent: dict[str, list[Message]] = {}
    for channel in ways:
        waiting = [*state.unsent.get(channel.name, ()), *messages]
        while waiting:
            if trouble := _try(lambda channel=channel, one=waiting[0]: channel.send(one), channel.name):  # type: ignore[misc]
                failed += trouble
                unsent[channel.name] = waiting[-MOST_UNSENT:]
                break
            waiting.pop(0)
    state.unsent = unsent
    return failed


def _try(send: Callable[[], None], what: str) -> list[str]:
    try:
        send()
    except OSError as error:  # what requests, smtplib and ssl raise; an address may hold a secret, so it is not told
        return [f"{what}: {type(error).__name__}; the next tick tries again"]
    return []


def _ask(url: str) -> None:
    import requests

    requests.get(url, timeout=TIMEOUT).raise_for_status()


def main() -> NoReturn:
    """Tell one sentence to whom the environment names: to try the way, or from outside, as a unit of systemd does."""
    import os
    import sys
    from pathlib import Path

    from dotenv import load_dotenv

    from tv_appearances.settings import Settings, SettingsError

    load_dotenv(Path(".env"))
    text = " ".join(sys.argv[1:]).strip()
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    ways = channels(settings.alert_webhook, settings.alert_email_to, settings.alert_email_from, settings.alert_smtp)
    if not text or not ways:
        sys.exit("Give a sentence, and set TV_APPEARANCES_ALERT_WEBHOOK or TV_APPEARANCES_ALERT_EMAIL_TO.")
    failed = deliver(State(until=0), ways, [Message("failing", text, text)])
    sys.exit("; ".join(failed).replace("; the next tick tries again", "") or 0)


def _ended(instance: dg.DagsterInstance, keys: frozenset[dg.AssetKey], after: float) -> tuple[float, list[Ending]]:
    """How the runs ended that ended since, the oldest first, and up to when that is known."""
    records = instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE],
            updated_after=datetime.fromtimestamp(after, tz=timezone.utc),
        ),
        order_by="update_timestamp",
        ascending=True,
    )
    now = time.time()
    endings = [
        _ending(instance, record.dagster_run)
        for record in records
        if not is_retried(record, now) and _is_about(instance, record.dagster_run, keys)
    ]
    return max([after, *(record.update_timestamp.timestamp() for record in records)]), endings


def _is_about(instance: dg.DagsterInstance, run: dg.DagsterRun, keys: frozenset[dg.AssetKey]) -> bool:
    if run.asset_selection:
        return bool(run.asset_selection & keys)
    planned = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    return any(record.asset_key in keys for record in planned.records)


def _ending(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Ending:
    show = run.tags.get("dagster/partition", "")
    if run.is_success:
        return Ending(show, None)
    if failed := failure_of(instance, run.run_id):
        return Ending(show, failed.reason or same_reason(failed.sentence), failed.sentence)
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE):
        sentence = " ".join((entry.get_dagster_event().message or "").split())[:500]
        return Ending(show, same_reason(sentence), sentence)
    return Ending(show, "unknown", "The run failed without a word; its page in Dagster's UI has its log.")


def asleep(instance: dg.DagsterInstance, location: str | None, watched: Sequence[str], now: datetime) -> list[Ending]:
    """Whether each sensor that is watched is on and ticks; of this code location, as others may use the same names."""
    from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

    endings = []
    for state in instance.all_instigator_state():
        there = state.origin.repository_origin.code_location_origin.location_name
        if state.name not in watched or there != (location or there):
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        tick = ticks[0] if ticks else None
        said = remedy = ""
        if state.status == InstigatorStatus.STOPPED:
            said, remedy = "is switched off", "Switch it on, in Dagster's UI under Automation."
        elif tick and tick.status == TickStatus.FAILURE:
            cause = " ".join(tick.error.message.split())[:300] if tick.error else ""
            said, remedy = f"fails: {cause}", "Its page in Dagster's UI has the tick."
        elif tick and now - datetime.fromtimestamp(tick.timestamp, tz=timezone.utc) > LATE:
            said = f"has not ticked for {LATE.total_seconds() / 60:.0f} minutes"
            remedy = "Look whether its code location loads."
        text = f"The sensor {state.name} {said}. Nothing is kept current until it goes on. {remedy}" if said else ""
        endings.append(Ending(f"sensor {state.name}", same_reason(text) if said else None, text))
    return endings


def _bad_lines(shows: ShowList | None) -> list[Ending]:
    """What is wrong with lines of the list. One that cannot be read fails the sensor that reads it, which is told."""
    if shows is None:
        return []
    try:
        text = " ".join(shows.read().dropped[:NAMED])
    except ShowListError:
        return []
    return [Ending("the list of shows", same_reason(text) if text else None, text)]


def _leaders(instance: dg.DagsterInstance, report: dg.AssetKey, state: State) -> list[Message]:
    """A message for each show of which a report since the last tick has another leader than the one before it."""
    if state.reports is None:  # from now on
        newest = instance.fetch_materializations(report, limit=1)
        state.reports = newest.cursor
        return []
    messages: dict[str, Message] = {}
    result = instance.fetch_materializations(report, limit=1000, cursor=state.reports, ascending=True)
    for record in result.records:
        partition = record.partition_key
        before = instance.fetch_materializations(
            dg.AssetRecordsFilter(
                report,
                asset_partitions=[partition] if partition else None,
                before_storage_id=record.storage_id,
            ),
            limit=1,
        ).records
        now, then = _leads(record), _leads(before[0]) if before else {}
        if now.get("leader") != then.get("leader") and now.get("show") == then.get("show"):
            text = f"{now['leader']} now leads {now['show']}, before {then['leader']}."
            messages[partition or ""] = Message("leader", f"Another leader of {now['show']}", text)
    if result.records:
        state.reports = result.cursor
    return [*messages.values()]


def _leads(record: dg.EventLogRecord) -> Mapping[str, Any]:
    event = record.asset_materialization
    said = {key: value.value for key, value in event.metadata.items()} if event else {}
    return {key: said.get(key) for key in ("leader", "show")} if said.get("leader") else {}


if __name__ == "__main__":
    main()
