"""`TV_APPEARANCES_DATA=s3://…`: the same results as in a folder, one PUT a file, and clear words where it cannot work.

What is promised of every single file is held by test_show_files.py, which runs its tests on both.
"""

import json
import re
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances import show_files as f
from tv_appearances.settings import Settings, SettingsError
from tv_appearances.show_files import ShowFiles
from tv_appearances_tests.object_store import requests
from tv_appearances_tests.test_commands import NOWHERE, run
from tv_appearances_tests.test_many_shows import Library, overview_run, world_of
from tv_appearances_tests.tvmaze_server import TVMazeServer


@pytest.mark.command
def test_a_bucket_holds_what_a_folder_would(tmp_path: Path, bucket: str, tvmaze_server: TVMazeServer) -> None:
    command = ("tv-appearances", "--json")
    variables = {"TVMAZE_URL": tvmaze_server.url, "TV_APPEARANCES_SHOW": "the lighthouse"}
    assert run(tmp_path, *command, **variables).returncode == 0
    done = run(tmp_path, *command, **variables, TV_APPEARANCES_DATA=bucket)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["picture"] == f"{bucket}/{f.PICTURE}"
    kept = ShowFiles(bucket)
    for name in f.MADE_BY:
        assert kept.read(name).content == (tmp_path / "data" / name).read_bytes(), name
    assert not list(tmp_path.glob("s3*"))


@pytest.mark.long
def test_each_file_is_one_put(bucket: str, s3: dict[str, str], tvmaze_server: TVMazeServer) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert Library(bucket, instance, tvmaze_server, "the lighthouse;").run("the-lighthouse").success
    name = re.escape(bucket.removeprefix("s3:/"))
    puts = [request for request in requests(Path(s3["LOG"])) if re.match(rf"(PUT|POST) {name}/", request)]
    files = Counter(request.rpartition("/")[2] for request in puts if "/.origin/" not in request)
    assert files == Counter([*f.MADE_BY, f.SUMMARY])
    assert len(puts) == 2 * len(files) + 1, "a record for each, and the proof that it can be written at all"


def test_a_browser_is_told_what_it_gets(bucket: str) -> None:
    kept = ShowFiles(bucket)
    for name in (f.PAGE, f.PICTURE, f.MENTIONS, f.SHOW):
        kept.write(name, b"x", f.origin_of(1, "live"))
    kinds = [
        kept.path(name).fs.info(kept.path(name).path)["ContentType"] for name in (f.PAGE, f.PICTURE, f.MENTIONS, f.SHOW)
    ]
    assert kinds == ["text/html", "image/png", "text/csv", "application/json"]


@pytest.mark.long
def test_many_shows_have_a_folder_each_in_the_bucket(bucket: str) -> None:
    with TVMazeServer(world_of(2)) as server, dg.DagsterInstance.ephemeral() as instance:
        library = Library(bucket, instance, server, "Show 1;id:2;no such thing")
        library.now = time.time()
        library.tick()
        assert library.run("show-1").success
        assert library.run("id-2").success
        assert overview_run(library).success
    top = ShowFiles(bucket)
    table = top.path(f.ALL_SHOWS).read_text().splitlines()
    assert [line.split(",")[:4] for line in table[1:3]] == [
        ["show-1", "Show 1", "Show 1", "1"],
        ["id-2", "id:2", "Show 2", "2"],
    ]
    assert "Not built yet." in table[3]
    assert bucket not in top.path(f.ALL_SHOWS_PAGE).read_text()


@pytest.mark.long
def test_the_overview_asks_the_bucket_once_for_each_show(bucket: str, s3: dict[str, str]) -> None:
    shows = 3
    with TVMazeServer(world_of(shows)) as server, dg.DagsterInstance.ephemeral() as instance:
        library = Library(bucket, instance, server, ";".join(f"id:{number}" for number in range(1, shows + 1)))
        library.tick()
        library.carry_out()
        before = len(requests(Path(s3["LOG"])))
        assert overview_run(library).success
    asked = requests(Path(s3["LOG"]))[before:]
    assert len([one for one in asked if one.endswith(f.SUMMARY)]) == shows
    assert len(asked) == shows + 3, "the schedule, and what is written: shows.csv and shows.html"


@pytest.mark.command
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"TV_APPEARANCES_DATA": "s3://no-such-bucket/tv"}, "The specified bucket does not exist"),
        ({"AWS_ENDPOINT_URL": NOWHERE}, "Could not connect to the endpoint URL"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}, "credentials"),
    ],
)
def test_a_store_that_cannot_be_written_is_one_clear_sentence(
    tmp_path: Path, bucket: str, tvmaze_server: TVMazeServer, variables: dict[str, str], sentence: str
) -> None:
    where = {"TVMAZE_URL": tvmaze_server.url, "TV_APPEARANCES_DATA": bucket}
    done = run(tmp_path, "tv-appearances", "the lighthouse", **{**where, **variables})
    assert done.returncode == 1
    assert "Cannot write a file in s3://" in done.stderr
    assert sentence in done.stderr
    assert "Check the address, its keys and its rights, or set TV_APPEARANCES_DATA to another one" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert tvmaze_server.paths == [], "nothing is asked of TVMaze that could not be kept"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftpx://host/tv", "'ftpx://host/tv', which cannot be opened .*ftpx"),
        ("s3://", "names no bucket"),
        ("s3:/bucket/tv", "'s3:/bucket/tv', which looks like an address without its second slash"),
        ("https://host/tv", "'https://host/tv', which can only be read"),
        ("ftp://me:secret@host/tv", "'ftp://…@host/tv', which has a password"),
    ],
)
def test_an_address_that_nothing_opens_is_named(address: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"TV_APPEARANCES_DATA is {message}" if "'" in message else message) as said:
        Settings.from_env({"TV_APPEARANCES_DATA": address})
    assert "secret" not in str(said.value)


def test_an_address_of_this_machine_is_a_folder(tmp_path: Path) -> None:
    assert Settings.from_env({"TV_APPEARANCES_DATA": tmp_path.as_uri()}).data == tmp_path


def test_runs_that_keep_their_data_elsewhere_still_share_a_pace(bucket: str) -> None:
    from tv_appearances.definitions import root

    tvmaze = root(Settings.from_env({"TV_APPEARANCES_SHOWS": "a;b", "TV_APPEARANCES_DATA": bucket})).resources
    assert tvmaze
    (pace,) = re.findall(r"`pace_file`: (.*)", tvmaze["tvmaze"].description)
    assert Path(pace).is_absolute()
