"""The five assets, materialized in memory over a fake gateway, and once over `responses`: files, metadata, failures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import responses

from tv_appearances.build import ASSETS
from tv_appearances.cli import _aliases as write_aliases
from tv_appearances.mentions.aliases import Aliases, read_aliases
from tv_appearances.resources import ChartResource, FilesResource, LocalChart, TVMazeResource
from tv_appearances.show_files import ShowFiles
from tv_appearances.tvmaze.lookup import Lookup, SourceChoice
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.fakes import CAST, EPISODES, FakeTVMaze, Outage, cast_member, episode

CONTENT = (
    "show.json", "episodes.json", "characters.json", "character_appearances.json", "mentions.csv", "evidence.json",
    "appearances.png", "appearances.html",
)  # fmt: skip


class Project:
    """A data folder and the assets over it."""

    def __init__(self, folder: Path) -> None:
        self.tvmaze = FakeTVMaze()
        self.files = ShowFiles(folder)
        self.choice: SourceChoice = "auto"
        self.show = "the lighthouse"

    def run(
        self, *only: str, config: Mapping[str, Any] | None = None, resources: Mapping[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        lookup = Lookup(live=self.tvmaze, sample=SampleGateway(), choice=self.choice, show=self.show)
        run_config = {"ops": {"tv_show_info": {"config": config}}} if config else None
        return dg.materialize_to_memory(
            list(ASSETS),
            selection=list(only) or None,
            resources={
                "tvmaze": lookup, "files": self.files, "chart": LocalChart(), "aliases": Aliases(), **(resources or {})
            },
            run_config=run_config,
            raise_on_error=False,
        )  # fmt: skip

    def content(self) -> dict[str, bytes]:
        return {name: self.files.path(name).read_bytes() for name in CONTENT if self.files.path(name).exists()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "data")


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(asset)
    return {key: value.value for key, value in event.metadata.items()}


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What the one step that failed says."""
    assert not result.success
    (event,) = result.filter_events(lambda e: e.is_step_failure)
    cause = event.step_failure_data.user_failure_data
    assert cause, f"not a clear failure: {event.step_failure_data.error}"
    return cause.description or ""


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Check → whether it passed, on every asset that has one of this name."""
    passed: dict[str, bool] = {}
    for check in result.get_asset_check_evaluations():
        passed[check.check_name] = passed.get(check.check_name, True) and check.passed
    return passed


def test_a_run_leaves_the_files_of_the_contract(project: Project) -> None:
    assert project.run().success
    assert set(project.content()) == set(CONTENT)
    assert {path.name for path in project.files.folder.iterdir()} == {*CONTENT, ".origin"}
    content = {name: project.files.path(name).read_text(encoding="utf-8") for name in CONTENT if name[-4:] != ".png"}
    assert json.loads(content["show.json"]) == {"score": 0.9, "show": project.tvmaze.record, "source": "live"}
    assert json.loads(content["episodes.json"]) == EPISODES
    assert json.loads(content["characters.json"])[0] == {"id": 21, "name": "Ada Quist", "played_by": "Iris Holm"}
    assert json.loads(content["character_appearances.json"]) == {"Ada": 3, "Bruno": 2, "Clara": 1, "Dario": 0}
    assert json.loads(content["evidence.json"])["quotes"][0]["character"] == "Ada Quist"
    assert content["mentions.csv"].splitlines()[:2] == [
        "episode_id,season,number,character,form,mentions",
        "1,1,1,Ada Quist,Ada,2",
    ]


def test_the_same_answers_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    project.run()
    before = project.content()
    project.run()
    assert project.content() == before
    other = Project(tmp_path / "other")
    other.run()
    assert other.content() == before


def test_the_metadata_of_the_post_keep_their_names(project: Project) -> None:
    result = project.run()
    assert (
        metadata(result, "tv_show_info").items()
        >= {
            "request_url": "https://tvmaze.example/search/shows?q=the lighthouse",
            "top_result_search_score": 0.9,
            "total_results": 1,
            "source": "live",
        }.items()
    )
    assert metadata(result, "tv_show_info")["top_result"]["show"]["id"] == 7
    assert metadata(result, "episodes").items() >= {"num_episodes": 4, "num_seasons": 2, "dagster/row_count": 4}.items()
    assert metadata(result, "characters")["response"] == CAST
    assert metadata(result, "character_appearances")["mentions"] == {"Ada": 3, "Bruno": 2, "Clara": 1, "Dario": 0}
    report = metadata(result, "appearances_report")
    assert "chart_url" not in report  # a picture drawn here has no address
    assert "Ada is mentioned most in The Lighthouse" in report["finding"]
    for asset in ASSETS:
        assert metadata(result, asset.key.to_user_string())["dagster/uri"].startswith("file:///")


def test_run_config_chooses_the_show(project: Project) -> None:
    project.show = "friends"
    assert project.run(config={"show": "id:7"}).success
    assert json.loads(project.content()["show.json"])["score"] is None
    assert project.tvmaze.requests[0] == "/shows/7"


def test_all_checks_pass_on_a_good_day_and_three_requests_are_made(project: Project) -> None:
    result = project.run()
    assert checks(result) == dict.fromkeys(checks(result), True)
    assert len(checks(result)) == 14
    assert project.tvmaze.requests[0] == "/search/shows?q=the lighthouse"
    assert sorted(project.tvmaze.requests[1:]) == ["/shows/7/cast", "/shows/7/episodes"]


def test_the_sample_says_so_everywhere(project: Project) -> None:
    project.tvmaze.error, project.show = Outage(), "friends"
    result = project.run()
    assert result.success
    assert not checks(result)["data_is_live"]
    assert json.loads(project.content()["show.json"])["source"] == "sample"
    for asset in ASSETS:
        assert metadata(result, asset.key.to_user_string())["source"] == "sample"
    assert "sample" in metadata(result, "appearances_report")["finding"].lower()
    assert b"sample" in project.content()["appearances.html"].lower()
    assert len(project.tvmaze.requests) == 1, "what follows the root asks the sample, not TVMaze"


@pytest.mark.long
def test_live_data_replaces_the_sample_but_never_the_other_way_round(project: Project) -> None:
    project.choice, project.show = "sample", "friends"
    assert project.run().success
    project.choice, project.show = "auto", "the lighthouse"
    assert project.run().success
    before = project.content()
    project.tvmaze.error, project.show = Outage(), "friends"
    assert "connection refused" in failure(project.run())
    project.choice = "sample"
    assert "never replaces" in failure(project.run())
    assert project.content() == before


def test_a_failed_fetch_keeps_every_file(project: Project) -> None:
    project.run()
    before = project.content()
    for row in project.tvmaze.episode_list[1:3]:
        row["season"] = "one"
    assert 'episodes[1].season: expected an integer, got "one"' in failure(project.run("episodes"))
    assert project.content() == before


def test_one_odd_row_of_each_answer_costs_that_row_and_is_told(project: Project) -> None:
    project.tvmaze.results = [{"score": 0.9, "show": None}, {"score": 0.8, "show": project.tvmaze.record}]
    project.tvmaze.episode_list.append({**episode(9, 2, 2, "<p>Clara, Clara and Clara.</p>"), "season": None})
    project.tvmaze.cast_list[3]["character"] = None
    project.tvmaze.cast_list[2]["person"] = None
    result = project.run()
    assert result.success
    assert {name for name, passed in checks(result).items() if not passed} == {"answers_are_complete"}
    told = {
        check.asset_key.to_user_string(): check.description
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }
    assert told.keys() == {"tv_show_info", "episodes", "characters"}
    assert "`episodes[4].season: expected an integer, got null`" in told["episodes"]
    for asset in told:
        assert metadata(result, asset)["rows_left_out"] == 1
    content = project.content()
    assert len(json.loads(content["episodes.json"])) == 5, "the file is what TVMaze gave"
    assert [row["played_by"] for row in json.loads(content["characters.json"])] == ["Iris Holm", "Tom Rask", ""]
    assert json.loads(content["character_appearances.json"])["Clara"] == 1, "the odd episode is not counted"
    for asset in ("tv_show_info", "appearances_report"):
        assert metadata(result, asset)["show"] == "The Lighthouse, 2019, Coast One"


@pytest.mark.parametrize(("answer", "asset"), [("episode_list", "episodes"), ("cast_list", "characters")])
def test_an_answer_that_is_suddenly_empty_keeps_the_good_file(project: Project, answer: str, asset: str) -> None:
    project.run()
    before = project.content()
    setattr(project.tvmaze, answer, [])
    assert "now lists nothing for The Lighthouse" in failure(project.run(asset))
    assert project.content() == before


def test_a_show_without_episodes_stops_at_a_blocking_check(project: Project) -> None:
    project.tvmaze.episode_list = []
    result = project.run()
    assert not result.success
    assert not checks(result)["episodes_are_present"]
    assert json.loads(project.content()["episodes.json"]) == []
    assert "character_appearances.json" not in project.content()


def test_another_show_in_the_same_folder_may_have_no_episodes(project: Project) -> None:
    project.run()
    project.tvmaze.record.update(id=8, name="The Harbour")
    project.tvmaze.episode_list, project.show = [], "the harbour"
    assert not checks(project.run())["episodes_are_present"]
    assert json.loads(project.content()["episodes.json"]) == []


def test_a_report_is_never_made_over_the_data_of_another_show(project: Project) -> None:
    project.run()
    project.tvmaze.record.update(id=8, name="The Harbour")
    project.run("tv_show_info", config={"show": "id:8"})
    before = project.content()
    assert "made for show 7 (live), but show.json now holds The Harbour" in failure(
        project.run("character_appearances")
    )
    assert "materialize `episodes`" in failure(project.run("appearances_report"))
    assert project.content() == before


def test_a_report_is_never_made_from_counts_of_other_episodes(project: Project) -> None:
    project.run()
    project.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    project.run("episodes")
    assert "computed from an earlier episodes.json" in failure(project.run("appearances_report"))


def test_a_hand_edited_file_names_itself_and_the_asset_to_materialize(project: Project) -> None:
    project.run()
    project.files.path("characters.json").write_text("[]")
    assert "characters.json was changed" in failure(project.run("character_appearances"))


def test_a_show_in_which_nobody_is_mentioned_gets_a_report_that_says_so(project: Project) -> None:
    for row in project.tvmaze.episode_list:
        row["summary"] = None
    result = project.run()
    assert result.success
    assert not checks(result)["at_least_one_character_mentioned"]
    assert not checks(result)["most_episodes_have_summaries"]
    assert checks(result)["report_is_a_readable_picture"]
    assert "appearances.html" in project.content()


def test_duplicates_and_disorder_give_the_same_counts_and_report(project: Project, tmp_path: Path) -> None:
    project.run()
    other = Project(tmp_path / "other")
    other.tvmaze.episode_list = [*reversed(EPISODES), EPISODES[0]]
    result = other.run()
    assert not checks(result)["episodes_have_unique_ids"]
    for name in CONTENT[3:]:
        assert other.content()[name] == project.content()[name]


def test_a_data_version_changes_only_with_the_content(project: Project) -> None:
    def versions() -> dict[str, str]:
        result = project.run()
        return {
            asset.key.to_user_string(): result.asset_materializations_for_node(asset.key.to_user_string())[0].tags[
                "dagster/data_version"
            ]
            for asset in ASSETS
        }

    before = versions()
    project.tvmaze.record["weight"] = 12
    assert versions() == before
    project.tvmaze.episode_list[0]["rating"] = {"average": 9.0}
    project.tvmaze.record["updated"] += 1
    after = versions()
    assert {name for name in before if before[name] != after[name]} == {"tv_show_info", "episodes"}
    assert before["tv_show_info"] == "7-1700000000-live"


def test_a_recast_role_is_one_character(project: Project) -> None:
    project.tvmaze.cast_list.append(cast_member(21, "Ada Quist", "Nora Vik"))
    project.run("tv_show_info", "characters")
    assert json.loads(project.content()["characters.json"])[0]["played_by"] == "Iris Holm / Nora Vik"


def test_a_link_that_is_not_http_stays_text(project: Project) -> None:
    project.tvmaze.record["url"] = "javascript:alert(1)"
    result = project.run()
    (event,) = result.asset_materializations_for_node("tv_show_info")
    assert isinstance(event.metadata["tvmaze_page"], dg.TextMetadataValue)
    assert b'href="javascript' not in project.content()["appearances.html"]


def test_without_a_list_of_shows_a_partition_is_no_folder(tmp_path: Path) -> None:
    where = []

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["2026-03-02", "../elsewhere"]))
    def of_ones_own(files: dg.ResourceParam[ShowFiles]) -> None:
        where.append(files.folder)

    files = FilesResource(folder=str(tmp_path))
    for partition in ("2026-03-02", "../elsewhere"):
        dg.materialize([of_ones_own], resources={"files": files}, partition_key=partition)
    assert where == [tmp_path] * 2
    by_partition = FilesResource(folder=str(tmp_path), by_partition=True)
    with pytest.raises(dg.DagsterError) as refused:
        dg.materialize([of_ones_own], resources={"files": by_partition}, partition_key="../elsewhere")
    assert "The partition '../elsewhere' is not in the list of shows" in str(refused.value.__cause__)


def test_the_real_resources_work_over_http(tmp_path: Path) -> None:
    with responses.RequestsMock() as http, dg.instance_for_test() as instance:
        base = "https://api.tvmaze.com"
        show = FakeTVMaze().record
        http.get(f"{base}/search/shows", json=[{"score": 0.9, "show": show}])
        http.get(f"{base}/shows/7/episodes", json=EPISODES)
        http.get(f"{base}/shows/7/cast", json=CAST)
        result = dg.materialize(
            list(ASSETS),
            instance=instance,
            resources={
                "tvmaze": TVMazeResource(show="the lighthouse"),
                "files": FilesResource(folder=str(tmp_path)),
                "chart": ChartResource(),
                "aliases": Aliases(),
            },
        )
        assert result.success
        assert "tv_appearances/" in http.calls[0].request.headers["User-Agent"]
        assert http.calls[0].request.params == {"q": "the lighthouse"}
    assert json.loads((tmp_path / "character_appearances.json").read_text())["Ada"] == 3


def test_the_command_writes_the_aliases_to_edit_from_what_a_run_left(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    path = tmp_path / "names.toml"
    assert write_aliases(str(path), project.files, "the lighthouse") == 0
    assert read_aliases(path.read_text(encoding="utf-8"), "names.toml").of("any", 7).names["Ada Quist"] == ()
    path.write_text("mine", encoding="utf-8")
    assert write_aliases(str(path), project.files, "the lighthouse") == 1
    assert path.read_text(encoding="utf-8") == "mine"
    assert "is there already" in capsys.readouterr().err


def test_the_command_says_what_to_do_where_nothing_was_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_aliases(str(tmp_path / "names.toml"), Project(tmp_path / "empty").files, "the wire") == 1
    assert "Count it first: tv-appearances 'the wire'" in capsys.readouterr().err
    assert not (tmp_path / "names.toml").exists()


def test_an_older_folder_without_the_evidence_says_what_to_materialize(project: Project) -> None:
    project.run()
    project.files.path("evidence.json").unlink()
    assert "materialize" in failure(project.run("appearances_report"))
