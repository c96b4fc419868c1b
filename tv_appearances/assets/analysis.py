"""What follows from the data: how often the summaries name each character, and the report that says it.

Belongs here: reading the files, calling the pure functions, writing and describing their results. Does not belong here:
any rule about names (`mentions`), wording, tables or drawing (`report`).
"""

from dataclasses import asdict

import dagster as dg

from tv_appearances import automation, checks
from tv_appearances import show_files as f
from tv_appearances.assets.ingestion import OWNERS, characters, episodes
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.mentions.counting import Reading, ambiguous_share, appearances, labels, read
from tv_appearances.mentions.names import is_generic
from tv_appearances.mentions.quotes import quotes
from tv_appearances.mentions.unclaimed import unclaimed
from tv_appearances.metadata import json_metadata
from tv_appearances.report import overview, wording
from tv_appearances.report.answer import Answer, answer_version, build_answer
from tv_appearances.report.evidence_json import Evidence, Said, read_evidence, write_evidence
from tv_appearances.report.fonts import debian_packages
from tv_appearances.report.mentions_csv import read_mentions, write_mentions
from tv_appearances.report.page import page as render_page
from tv_appearances.report.picture import check_picture, markdown_image, render_png, render_svg
from tv_appearances.resources import ChartRenderer, clear_failures
from tv_appearances.show_files import ShowFiles, origin_of
from tv_appearances.storage import Origin, to_json

SHOWN = 100
"""How many characters go into metadata, which every event log keeps forever."""


@dg.asset(
    deps=[episodes, characters],
    group_name="analysis",
    kinds={"python", "json", "csv"},
    owners=OWNERS,
    code_version="2",
    automation_condition=automation.when_data_changes(),
    check_specs=checks.specs("character_appearances"),
    metadata={
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn("episode_id", "int", "TVMaze's id of the episode"),
                dg.TableColumn("season", "int", "the season it belongs to"),
                dg.TableColumn("number", "int", "the number within the season; empty for a special"),
                dg.TableColumn(
                    "character", "string", "the full name in the cast list; empty where several could be meant"
                ),
                dg.TableColumn("form", "string", "the form of the name that the summary uses"),
                dg.TableColumn("mentions", "int", "how often this summary uses it"),
            ]
        )
    },
)
@clear_failures()
def character_appearances(
    context: dg.AssetExecutionContext, files: dg.ResourceParam[ShowFiles], aliases: dg.ResourceParam[Aliases]
) -> dg.MaterializeResult:
    """How often the episode summaries name each main character: the numbers that say who the show is about.

    A mention is a word of its own that can only mean that character: part of a longer word, a place, a family or
    somebody else of that name does not count. Where a form of a name could mean several characters and the text does
    not decide, it is counted for none of them and listed as ambiguous. What a form means, the show's own texts decide:
    whose a surname is, which short forms they use. The setting `aliases` adds names that no rule can derive.

    **Files**: `character_appearances.json`, mentions by the character's short label, `mentions.csv`, the audit trail:
    one row for each episode, character and form of the name, and `evidence.json`, the sentences that name somebody and
    the names that nobody in the cast bears.

    **Data version**: everything the report says, the number of episodes included.
    """
    show, source, _ = files.show()
    listed, episodes_file = files.episodes()
    cast, characters_file = files.characters()
    files.require_same_show(show, source, episodes_file, characters_file)
    reading = read(cast, listed, aliases.of(show.name, show.id))
    tally, seen = reading.tally, _evidence(reading)
    counts = appearances(tally, cast)
    mentions = json_metadata(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]))
    origin = origin_of(show.id, source, episodes_file, characters_file)
    files.write(f.MENTIONS, write_mentions(tally.mentions).encode(), origin)
    files.write(f.EVIDENCE, write_evidence(seen).encode(), origin)
    files.write(f.APPEARANCES, to_json(counts), origin)
    answer = build_answer(show, source, listed, labels(cast, tally.mentions), tally.mentions, tally.left_out, seen)
    share = ambiguous_share(tally.mentions)
    context.log.info("%s", wording.finding(answer))
    if share:
        context.log.info("%.1f%% of the mentions could mean several characters: counted for none.", 100 * share)
    return dg.MaterializeResult(
        metadata={
            "mentions": mentions,
            "characters_table": dg.MetadataValue.md(wording.markdown_table(answer, SHOWN)),
            "total_mentions": sum(counts.values()),
            "num_characters_mentioned": len(answer.rows),
            "num_episodes_with_summary": answer.with_text,
            "ambiguous_percent": round(100 * share, 1),
            **(
                {"names_of_nobody": dg.MetadataValue.md(wording.unclaimed_table(answer, SHOWN))}
                if answer.unclaimed
                else {}
            ),
            **({"generic_roles_left_out": ", ".join(tally.left_out[:SHOWN])} if tally.left_out else {}),
            "source": source,
            "dagster/row_count": len(tally.mentions),
            "dagster/uri": files.uri(f.APPEARANCES),
        },
        data_version=dg.DataVersion(answer_version(answer)),
        check_results=checks.results(
            show,
            context.has_partition_key,
            at_least_one_character_mentioned=checks.at_least_one_character_mentioned(tally.mentions),
            few_mentions_are_ambiguous=checks.few_mentions_are_ambiguous(share),
            leading_cast_is_mentioned=checks.leading_cast_is_mentioned(
                [character.name for character in cast if not is_generic(character.name)], tally.mentions, tally.shared
            ),
            nobody_unknown_leads=checks.nobody_unknown_leads(
                answer.unclaimed, answer.rows[0].mentions if answer.rows else 0
            ),
        ),
    )


@dg.asset(
    deps=[character_appearances],
    group_name="analysis",
    kinds={"python", "png", "html"},
    owners=OWNERS,
    code_version="2",
    automation_condition=automation.when_data_changes(),
    retry_policy=automation.RETRIES,
    check_specs=checks.specs("appearances_report"),
)
@clear_failures()
def appearances_report(
    context: dg.AssetExecutionContext, files: dg.ResourceParam[ShowFiles], chart: dg.ResourceParam[ChartRenderer]
) -> dg.MaterializeResult:
    """The answer to look at and to pass around, as a picture and as a page: who is this show about?

    **Files**: `appearances.png`, a bar chart whose title is the finding, and `appearances.html`, one page that opens
    anywhere: the chart, who carried which season, the full table, the sentences behind each count, and how it was
    counted.

    Drawn on this machine; with the setting `chart` at `quickchart` the picture is drawn by
    [QuickChart](https://quickchart.io) as in the blog post, which then receives the names and counts.

    Data: [TVMaze](https://www.tvmaze.com), CC BY-SA 4.0.
    """
    answer, origin = answer_in(files)
    picture = chart.render_png(answer)
    page = render_page(answer, render_svg(answer))
    files.write(f.PAGE, page.encode(), origin)
    files.write(f.PICTURE, picture, origin)
    problem = check_picture(files.read(f.PICTURE).content)
    if context.has_partition_key:
        files.write(f.SUMMARY, to_json(asdict(overview.summary(answer))), origin)
    files.finish()
    without_font = chart.signs_without_font(answer)
    chart_url = chart.chart_url(answer)
    finding = wording.finding(answer)
    # The UI shows an image in its full size, in a dialog that is narrower than the picture on disk.
    image = markdown_image(render_png(answer, 1), finding)
    context.log.info("Picture: %s. Page: %s.", files.path(f.PICTURE), files.path(f.PAGE))
    return dg.MaterializeResult(
        metadata={
            "finding": finding,
            "show": wording.which_show(answer.show),
            **({"picture": dg.MetadataValue.md(image)} if image else {}),
            "top_five": dg.MetadataValue.md(wording.markdown_table(answer, 5)),
            **({"chart_url": dg.MetadataValue.url(chart_url)} if chart_url else {}),
            "page": dg.MetadataValue.path(str(files.path(f.PAGE))),
            **({"leader": answer.rows[0].label} if answer.rows else {}),
            "tvmaze_id": answer.show.id,
            "tvmaze_updated": dg.MetadataValue.timestamp(float(answer.show.updated or 0)),
            "source": answer.source,
            "dagster/uri": files.uri(f.PICTURE),
        },
        data_version=dg.DataVersion(answer_version(answer)),
        check_results=checks.results(
            answer.show,
            report_is_a_readable_picture=checks.report_is_a_readable_picture(problem),
            every_sign_has_a_font=checks.every_sign_has_a_font(without_font, debian_packages(without_font)),
        ),
    )


def answer_in(files: ShowFiles) -> tuple[Answer, Origin]:
    """What the files of a show say, and what a report of it is made from.

    Raises:
        FilesError: a file is missing or damaged, or does not belong to the others.
    """
    show, source, _ = files.show()
    listed, episodes_file = files.episodes()
    cast, characters_file = files.characters()
    counts, rows, seen = files.read(f.APPEARANCES), files.read(f.MENTIONS), files.read(f.EVIDENCE)
    files.require_same_show(show, source, episodes_file, characters_file, counts, rows, seen)
    for counted in (counts, rows, seen):
        files.require_inputs(counted, episodes_file, characters_file)
    found = files.parse(rows, lambda content: read_mentions(content.decode()))
    evidence = files.parse_json(seen, read_evidence)
    left_out = [character.name for character in cast if is_generic(character.name)]
    answer = build_answer(show, source, listed, labels(cast, found), found, left_out, evidence)
    return answer, origin_of(show.id, source, counts, rows, seen)


def _evidence(reading: Reading) -> Evidence:
    said = {
        name: (tuple(Said(*sentence) for sentence in sentences), more)
        for name, (sentences, more) in quotes(reading).items()
    }
    return Evidence(said, unclaimed(reading)[:SHOWN], reading.tally.could_be)
