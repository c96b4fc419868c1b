"""What TVMaze knows about the show: fetched, validated, written as it came, described.

Belongs here: one asset for each answer of the API. Does not belong here: the rules of asking (`tvmaze.api`), of
choosing the show (`tvmaze.lookup`), and everything that is computed from the answers (`analysis.py`).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import dagster as dg
from pydantic import Field

from tv_appearances import automation, checks
from tv_appearances import show_files as f
from tv_appearances.fetching.fields import SchemaError
from tv_appearances.metadata import json_metadata
from tv_appearances.report.wording import which_show
from tv_appearances.resources import clear_failures
from tv_appearances.show_files import ShowFiles
from tv_appearances.storage import FilesError, Stored, sha256, to_json
from tv_appearances.tvmaze.lookup import Lookup
from tv_appearances.tvmaze.models import Show, Source, in_order

OWNERS = ["team:tv-appearances"]
PREVIEWED = 50
"""How many entries of an answer go into metadata, which every event log keeps forever."""


class ShowConfig(dg.Config):
    """Which show to analyse."""

    # A default that is no None, so that the launchpad shows the field to be filled in.
    show: str = Field(
        default="",
        description="Search text, or `id:431` for an exact TVMaze id. Left empty: the setting `show`. "
        "With a list of shows it stays empty: the partition says which show.",
    )


@dg.asset(
    group_name="ingestion",
    kinds={"python", "json"},
    owners=OWNERS,
    code_version="1",
    automation_condition=automation.daily(),
    freshness_policy=automation.FRESHNESS,
    retry_policy=automation.RETRIES,
    pool="tvmaze",
    check_specs=checks.specs("tv_show_info"),
)
@clear_failures()
def tv_show_info(
    context: dg.AssetExecutionContext,
    config: ShowConfig,
    tvmaze: dg.ResourceParam[Lookup],
    files: dg.ResourceParam[ShowFiles],
) -> dg.MaterializeResult:
    """The TV show to analyse: the one of that name on TVMaze, else the best match of its search, or a given id.

    **Choose it** with the setting `show`, or in the launchpad (shift-click *Materialize*) with the run config
    `show`. Give a name such as `under the dome`, with a year or country behind it where several shows have that name
    (`the office (uk)`, `the flash (1990)`). Or give `id:1` for the show that [TVMaze](https://www.tvmaze.com) has under
    that number. With a list of shows neither is used: each partition is a show of that list.

    **File**: `show.json`, the search result as TVMaze gives it, `{"score": …, "show": {…}}`, and `"source"`: `live`, or
    `sample` where TVMaze cannot be reached and nothing was ever fetched.

    **Data version**: the show's id, the time TVMaze last changed it, and the source. TVMaze marks a show as changed
    when any episode or cast entry of it changes, so an unchanged day ends here; scores and ratings drift and do not
    count.
    """
    asked = tvmaze.chosen(config.show)
    files.ensure_writable()
    # With many shows a line means the show that it once found, whatever else is called so later.
    pinned = files.pinned(asked) if context.has_partition_key else None
    found = tvmaze.find(asked, holds_live_data=files.holds_live_data(), before=_show_before(files), pinned=pinned)
    show = found.show
    top_result = json_metadata(found.record)
    files.choose(show, found.source, found.record, asked)
    stamp = show.updated or sha256(to_json(found.record["show"]))  # TVMaze always gives a stamp; a mirror may not
    context.log.info("%r is %s, id:%d, from %s.", asked, which_show(show), show.id, _named(found.source))
    left_out = _told(context, found.left_out)
    return dg.MaterializeResult(
        metadata={
            "request_url": _url(found.url),
            "requests": found.requests,
            "top_result": top_result,
            "top_result_search_score": dg.MetadataValue.null() if found.score is None else found.score,
            "total_results": len(found.results),
            "rows_left_out": len(left_out),
            "show": which_show(show),
            "tvmaze_page": _url(show.url),
            "source": found.source,
            "dagster/uri": files.uri(f.SHOW),
        },
        data_version=dg.DataVersion(f"{show.id}-{stamp}-{found.source}"),
        check_results=checks.results(
            show,
            context.has_partition_key,
            show_name_matches_search=checks.show_name_matches_search(asked, show),
            search_is_unambiguous=checks.search_is_unambiguous(found.results, found.mistakable, found.by_now),
            data_is_live=checks.data_is_live(found.source),
            answers_are_complete=checks.answers_are_complete(left_out),
        ),
    )


@dg.asset(
    deps=[tv_show_info],
    group_name="ingestion",
    kinds={"python", "json"},
    owners=OWNERS,
    code_version="1",
    automation_condition=automation.when_data_changes(),
    retry_policy=automation.RETRIES,
    pool="tvmaze",
    check_specs=checks.specs("episodes"),
    metadata={
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn("id", "int", "TVMaze's id of the episode"),
                dg.TableColumn("season", "int", "the number of the season, from 1; some shows count by year"),
                dg.TableColumn("number", "int", "the number within the season; null for a special"),
                dg.TableColumn("name", "string", "the title of the episode"),
                dg.TableColumn("airdate", "string", "YYYY-MM-DD; empty where it is not known"),
                dg.TableColumn("summary", "string", "HTML; null or empty where nobody has written one"),
            ]
        )
    },
)
@clear_failures()
def episodes(
    context: dg.AssetExecutionContext, tvmaze: dg.ResourceParam[Lookup], files: dg.ResourceParam[ShowFiles]
) -> dg.MaterializeResult:
    """Every episode of the show with its title, air date and plot summary: the texts that the names are counted in.

    **File**: `episodes.json`, the list as [TVMaze](https://www.tvmaze.com/api) gives it, in airing order; specials are
    not part of it. Validated before it is written: a wrong type or a list that is suddenly empty fails, and the last
    good file stays.

    **Data version**: the content of the file, all of it.
    """
    show, source, _ = files.show()
    fetched = tvmaze.gateway(source).episodes(show)
    preview = json_metadata(fetched.raw[:3])
    stored = _write_list(files, f.EPISODES, fetched.raw, show, source)
    left_out = _told(context, fetched.value.left_out)
    unique = in_order(fetched.value)
    without_text = sum(not episode.has_text for episode in unique)
    seasons = {episode.season for episode in unique}
    context.log.info("Episodes: %d, without a summary: %d, seasons: %d.", len(unique), without_text, len(seasons))
    return dg.MaterializeResult(
        metadata={
            "request_url": _url(fetched.url),
            "requests": fetched.requests,
            "num_episodes": len(unique),
            "num_seasons": len(seasons),
            "num_episodes_with_summary": len(unique) - without_text,
            "rows_left_out": len(left_out),
            "source": source,
            "preview": preview,
            "dagster/row_count": len(fetched.raw),
            "dagster/uri": files.uri(f.EPISODES),
        },
        data_version=dg.DataVersion(stored.digest),
        check_results=checks.results(
            show,
            context.has_partition_key,
            episodes_are_present=checks.episodes_are_present(show, unique),
            episodes_have_unique_ids=checks.episodes_have_unique_ids(fetched.value),
            most_episodes_have_summaries=checks.most_episodes_have_summaries(unique),
            answers_are_complete=checks.answers_are_complete(left_out),
        ),
    )


@dg.asset(
    deps=[tv_show_info],
    group_name="ingestion",
    kinds={"python", "json"},
    owners=OWNERS,
    code_version="1",
    automation_condition=automation.when_data_changes(),
    retry_policy=automation.RETRIES,
    pool="tvmaze",
    check_specs=checks.specs("characters"),
    metadata={
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn("id", "int", "TVMaze's id of the character"),
                dg.TableColumn("name", "string", "the full name, as the cast list writes it"),
                dg.TableColumn(
                    "played_by",
                    "string",
                    'the actors, joined by " / " where the role was recast; empty where not known',
                ),
            ]
        )
    },
)
@clear_failures()
def characters(
    context: dg.AssetExecutionContext, tvmaze: dg.ResourceParam[Lookup], files: dg.ResourceParam[ShowFiles]
) -> dg.MaterializeResult:
    """The show's main characters, each once even if recast: the names that are looked for in the episode summaries.

    **File**: `characters.json`, a list of `{"id", "name", "played_by"}` in the order of
    [TVMaze's cast list](https://www.tvmaze.com/api), which is by number of appearances on screen.
    Validated before it is written: wrong types or a list that is suddenly empty fail, and the last good file stays. A
    single odd row is left out; the check `answers_are_complete` says which. `played_by` is empty where TVMaze names
    nobody.

    **Data version**: the content of the file, all of it.
    """
    show, source, _ = files.show()
    fetched = tvmaze.gateway(source).cast(show)
    response = json_metadata(fetched.raw[:PREVIEWED])
    listed = [{"id": c.id, "name": c.name, "played_by": c.played_by} for c in fetched.value]
    stored = _write_list(files, f.CHARACTERS, listed, show, source)
    left_out = _told(context, fetched.value.left_out)
    names = [character.name for character in fetched.value]
    context.log.info("Characters: %d. %s", len(names), ", ".join([*names[:8], "…"][: len(names)]))
    return dg.MaterializeResult(
        metadata={
            "request_url": _url(fetched.url),
            "requests": fetched.requests,
            "response": response,
            "num_characters": len(names),
            "rows_left_out": len(left_out),
            "source": source,
            "dagster/row_count": len(names),
            "dagster/uri": files.uri(f.CHARACTERS),
        },
        data_version=dg.DataVersion(stored.digest),
        check_results=checks.results(
            show,
            context.has_partition_key,
            characters_are_present=checks.characters_are_present(show, names),
            answers_are_complete=checks.answers_are_complete(left_out),
        ),
    )


def _show_before(files: ShowFiles) -> Show | None:
    """The show of the run before, None where there was none or its file cannot be read."""
    with suppress(FilesError):
        return files.show()[0] if files.exists(f.SHOW) else None
    return None


def _told(context: dg.AssetExecutionContext, left_out: Sequence[SchemaError]) -> list[str]:
    """What was left out of an answer, in words, after it was logged."""
    for error in left_out[:PREVIEWED]:
        context.log.warning("Left out: %s.", error)
    return [str(error) for error in left_out]


def _write_list(files: ShowFiles, name: str, rows: list[Any], show: Show, source: Source) -> Stored:
    """Write what was fetched, unless it is empty where this show had something before.

    An empty answer is a normal one for a show that was just announced, and a fault of the service for one that was
    there yesterday; the file on disk tells which.
    """
    files.require_still(show, source)
    if not rows and files.exists(name):
        before = files.read(name)
        same_show = before.origin == f.origin_of(show.id, source)
        if same_show and before.content.strip() != b"[]":
            raise FilesError(
                f"TVMaze now lists nothing for {show.name} (show {show.id}), where it did before; "
                f"{files.path(name)} is kept. "
                "If that is right, remove the file and materialize this asset again."
            )
    return files.write(name, to_json(rows), f.origin_of(show.id, source))


def _named(source: Source) -> str:
    return "TVMaze" if source == "live" else "the built-in SAMPLE (season 1 of Friends, not live data)"


def _url(address: str) -> dg.MetadataValue[Any]:
    """A link for an http(s) address; anything else stays text, so that no page can make a link run code."""
    return (
        dg.MetadataValue.url(address) if address.startswith(("https://", "http://")) else dg.MetadataValue.text(address)
    )
