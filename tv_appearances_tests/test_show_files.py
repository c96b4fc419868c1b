"""What is written is whole, what is read is what was written, and nothing of one show is taken for another's."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tv_appearances import show_files as f
from tv_appearances.show_files import AllFiles, ShowFiles
from tv_appearances.storage import (
    ABANDONED_AFTER_SECONDS,
    FilesError,
    Folder,
    Origin,
    Stored,
    data_folder,
    remove_folder,
    sha256,
    to_json,
)
from tv_appearances.tvmaze.models import Show

ORIGIN = Origin({"show_id": 7, "source": "live"})
SHOW = Show(7, "The Lighthouse")


@pytest.fixture(params=["on this machine", pytest.param("on an object store", marks=pytest.mark.xdist_group("s3"))])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ShowFiles:
    """The same promises wherever the folder is."""
    if request.param == "on this machine":
        return ShowFiles(tmp_path / "data")
    return ShowFiles(request.getfixturevalue("bucket"))


@pytest.fixture
def local(tmp_path: Path) -> ShowFiles:
    return ShowFiles(tmp_path / "data")


def test_what_was_written_is_read_back_with_its_origin(files: ShowFiles) -> None:
    origin = Origin({"show_id": 7, "source": "live"}, {"episodes.json": "abc"})
    files.write(f.APPEARANCES, b"{}", origin)
    stored = files.read(f.APPEARANCES)
    assert (stored.content, stored.origin) == (b"{}", origin)


def test_the_same_content_gives_the_same_bytes_whatever_the_order_of_keys() -> None:
    assert to_json({"b": 1, "a": "é"}) == to_json({"a": "é", "b": 1}) == '{\n  "a": "é",\n  "b": 1\n}\n'.encode()


def test_a_missing_file_names_the_asset_to_materialize(files: ShowFiles) -> None:
    with pytest.raises(FilesError, match=r"episodes\.json does not exist yet: materialize `episodes` first"):
        files.read(f.EPISODES)


@pytest.mark.parametrize("damage", [b"", b"[", b'[{"id": 1}]'])
def test_a_file_changed_by_hand_names_the_asset_to_materialize(files: ShowFiles, damage: bytes) -> None:
    files.write(f.EPISODES, b"[]", ORIGIN)
    files.path(f.EPISODES).write_bytes(damage)
    with pytest.raises(FilesError, match=r"episodes\.json was changed.*materialize `episodes` again"):
        files.episodes()


def test_a_damaged_record_of_origin_is_noticed(files: ShowFiles) -> None:
    files.write(f.EPISODES, b"[]", ORIGIN)
    (record,) = files.folder.glob(".origin/episodes.json/*.json")
    record.write_text("{")
    with pytest.raises(FilesError, match="materialize `episodes` again"):
        files.episodes()


def test_a_file_that_somebody_else_put_there_is_read_and_must_have_the_right_shape(files: ShowFiles) -> None:
    if isinstance(files.folder, Path):
        files.folder.mkdir()
    files.path(f.EPISODES).write_text('[{"id": 1, "season": 1, "name": "Fog"}]')
    assert files.episodes()[0][0].name == "Fog"
    files.path(f.EPISODES).write_text('[{"id": 1, "season": "one", "name": "Fog"}]')
    with pytest.raises(FilesError, match=r'episodes\[0\]\.season: expected an integer, got "one"'):
        files.episodes()
    files.path(f.EPISODES).write_text("<html>")
    with pytest.raises(FilesError, match="is not readable"):
        files.episodes()


def test_a_file_of_another_show_is_refused(files: ShowFiles) -> None:
    stored = files.write(f.EPISODES, b"[]", Origin({"show_id": 118, "source": "live"}))
    with pytest.raises(FilesError, match=r"made for show 118 .* holds The Lighthouse .*materialize `episodes`"):
        files.require_same_show(SHOW, "live", stored)


def test_sample_data_is_never_taken_for_live_data_of_the_same_show(files: ShowFiles) -> None:
    stored = files.write(f.EPISODES, b"[]", Origin({"show_id": 7, "source": "sample"}))
    with pytest.raises(FilesError, match="sample"):
        files.require_same_show(SHOW, "live", stored)


def test_a_result_of_earlier_inputs_is_refused(files: ShowFiles) -> None:
    before = files.write(f.EPISODES, b"[]", ORIGIN)
    result = files.write(f.APPEARANCES, b"{}", Origin({"show_id": 7, "source": "live"}, {f.EPISODES: before.digest}))
    files.require_inputs(result, before)
    after = files.write(f.EPISODES, b"[1]", ORIGIN)
    with pytest.raises(
        FilesError, match=r"computed from an earlier episodes\.json: materialize `character_appearances`"
    ):
        files.require_inputs(result, after)


def test_live_data_is_known_for_live_even_when_its_files_are_gone(files: ShowFiles) -> None:
    assert not files.holds_live_data()
    files.write(
        f.SHOW,
        to_json({"source": "sample", "show": {"id": 7, "name": "x"}}),
        Origin({"show_id": 7, "source": "sample"}),
    )
    assert not files.holds_live_data()
    files.write(f.EPISODES, b"[]", ORIGIN)
    files.path(f.EPISODES).unlink()
    assert files.holds_live_data()


def test_a_record_that_cannot_be_read_may_be_of_live_data(files: ShowFiles) -> None:
    files.write(f.EPISODES, b"[]", Origin({"show_id": 7, "source": "sample"}))
    assert not files.holds_live_data()
    (record,) = files.folder.glob(".origin/episodes.json/*.json")
    record.write_text("{")
    assert files.holds_live_data()


def test_a_reader_whom_a_writer_overtakes_reads_the_new_file(tmp_path: Path) -> None:
    class Overtaken(ShowFiles):
        """Between the file and its record another run replaces both, and the record has been there for long."""

        def _record(self, name: str, digest: str) -> Path:
            before = self.folder / ".origin" / name / f"{digest}.json"
            if self.path(name).read_bytes() == b"[]":
                ShowFiles(tmp_path).write(name, b"[1]", ORIGIN)
                before.unlink()
            return before

    ShowFiles(tmp_path).write(f.EPISODES, b"[]", ORIGIN)
    assert Overtaken(tmp_path).read(f.EPISODES).content == b"[1]"


def test_a_file_of_ones_own_has_no_asset_to_name(files: ShowFiles) -> None:
    with pytest.raises(FilesError, match=r"ratings\.json does not exist yet: materialize the asset that writes it"):
        files.read("ratings.json")


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FilesError, match="Cannot write a file in .*TV_APPEARANCES_DATA"):
        ShowFiles(tmp_path / "file" / "data", setting="TV_APPEARANCES_DATA").ensure_writable()


@pytest.fixture
def small_disk(tmp_path: Path):
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_keeps_the_last_good_file_and_leaves_nothing_behind(small_disk: Path) -> None:
    files = ShowFiles(small_disk / "data")
    files.write(f.EPISODES, b"[]", ORIGIN)
    with pytest.raises(FilesError, match="No space left.*untouched"):
        files.write(f.EPISODES, b" " * 900_000, ORIGIN)
    assert files.read(f.EPISODES).content == b"[]"
    assert not list(files.folder.rglob("*.tmp"))


def test_a_read_only_disk_is_found_before_anything_is_fetched(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(FilesError, match="Read-only file system.*TV_APPEARANCES_DATA"):
        ShowFiles(small_disk / "data", setting="TV_APPEARANCES_DATA").ensure_writable()


WRITER = """
import sys
from tv_appearances.show_files import EPISODES, ShowFiles
from tv_appearances.storage import Origin
files = ShowFiles(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in b"ab":
        files.write(EPISODES, bytes([letter]) * 300_000, Origin({"show_id": letter, "source": "live"}))
"""


@pytest.mark.soak
def test_a_kill_at_any_moment_leaves_the_file_whole_and_its_orphans_are_swept(local: ShowFiles) -> None:
    for attempt in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(local.folder)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(0.011 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if local.path(f.EPISODES).exists():
            stored = local.read(f.EPISODES)
            assert stored.content in (b"a" * 300_000, b"b" * 300_000)
            assert stored.origin == Origin({"show_id": stored.content[0], "source": "live"})
    for orphan in local.folder.rglob("*.tmp"):
        os.utime(orphan, (0, 0))
    local.write(f.EPISODES, b"[]", ORIGIN)
    assert list(local.folder.rglob("*.tmp")) == []


def _write_many(folder: str, letter: bytes) -> None:
    files = ShowFiles(folder)
    for _ in range(60 if isinstance(files.folder, Path) else 15):
        files.write(f.EPISODES, letter * 50_000, Origin({"show_id": letter[0], "source": "live"}))


@pytest.mark.long
def test_two_writers_at_once_leave_each_file_whole_with_its_own_origin(files: ShowFiles) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_many, args=(str(files.folder), letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if files.path(f.EPISODES).exists():
            stored = files.read(f.EPISODES)
            assert stored.content == stored.content[:1] * 50_000
            assert stored.origin == Origin({"show_id": stored.content[0], "source": "live"})
            seen.add(stored.content[:1])
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert seen


@pytest.mark.long
def test_runs_that_begin_at_once_do_not_take_the_folder_from_each_other(files: ShowFiles) -> None:
    ended = threading.Event()

    def begin_again_and_again() -> None:
        while not ended.is_set():
            ShowFiles(str(files.folder)).ensure_writable()

    other = threading.Thread(target=begin_again_and_again)
    other.start()
    try:
        assert not any(files.holds_live_data() for _ in range(15))
    finally:
        ended.set()
        other.join()


def test_a_file_keeps_its_permissions(local: ShowFiles) -> None:
    local.write(f.EPISODES, b"[]", ORIGIN)
    assert local.path(f.EPISODES).stat().st_mode & 0o777 == 0o644
    local.path(f.EPISODES).chmod(0o600)
    local.write(f.EPISODES, b"[1]", ORIGIN)
    assert local.path(f.EPISODES).stat().st_mode & 0o777 == 0o600


def test_what_a_dead_writer_left_is_swept_when_it_is_old(local: ShowFiles) -> None:
    local.write(f.EPISODES, b"[]", ORIGIN)
    fresh, old = local.folder / ".episodes.json.x1.tmp", local.folder / ".episodes.json.x2.tmp"
    for path in (fresh, old):
        path.touch()
    os.utime(old, (0, 0))
    local.write(f.EPISODES, b"[1]", ORIGIN)
    assert fresh.exists()
    assert not old.exists()


def test_what_is_written_survives_a_power_cut(local: ShowFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is told to bring the bytes to the disk before they get their name, and the name after that."""
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def told(handle: int) -> None:
        synced.append((os.fstat(handle).st_ino, local.path(f.EPISODES).exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", told)
    local.write(f.EPISODES, b"[]", ORIGIN)
    assert (local.path(f.EPISODES).stat().st_ino, False) in synced
    assert synced[-1] == (local.folder.stat().st_ino, True)


def test_the_record_of_a_content_that_is_gone_is_forgotten_once_nobody_can_need_it(files: ShowFiles) -> None:
    before = files.write(f.EPISODES, b"[]", ORIGIN)
    now = files.write(f.EPISODES, b"[1]", ORIGIN)
    records = files.folder / ".origin" / f.EPISODES
    assert {record.stem for record in records.iterdir()} == {before.digest, now.digest}
    if isinstance(records, Path):
        for record in records.iterdir():
            os.utime(record, (0, 0))
        latest = files.write(f.EPISODES, b"[2]", ORIGIN)
        assert {record.stem for record in records.iterdir()} == {latest.digest}
    assert files.read(f.EPISODES).origin == ORIGIN


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_does_not_have_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"score": number})


def test_show_json_says_which_show_and_whence(files: ShowFiles) -> None:
    files.write(f.SHOW, to_json({"score": 1.0, "show": {"id": 7, "name": "The Lighthouse"}, "source": "live"}), ORIGIN)
    show, source, _ = files.show()
    assert (show, source) == (SHOW, "live")
    assert json.loads(files.path(f.SHOW).read_bytes())["score"] == 1.0


FERRY, HARBOUR = Show(7, "The Ferry"), Show(8, "The Harbour")


def made(files: ShowFiles, show: Show) -> None:
    """All files of a show, as the five assets write them one after the other."""
    files.choose(show, "live", {"score": None, "show": {"id": show.id, "name": show.name}})
    for name in list(f.MADE_BY)[1:]:
        files.write(name, show.name.encode(), f.origin_of(show.id, "live"))
    files.finish()


def shows_in(folder: Path) -> set[str]:
    return {json.loads((folder / f.SHOW).read_text())["show"]["name"]} | {
        (folder / name).read_text() for name in list(f.MADE_BY)[1:]
    }


def test_another_show_takes_the_place_of_the_old_one_when_all_of_it_is_there(tmp_path: Path) -> None:
    made(ShowFiles(tmp_path), FERRY)
    files = ShowFiles(tmp_path)
    files.choose(HARBOUR, "live", {"score": None, "show": {"id": 8, "name": "The Harbour"}})
    files.write(f.EPISODES, b"[]", f.origin_of(8, "live"))
    assert shows_in(tmp_path) == {"The Ferry"}
    assert ShowFiles(tmp_path, finished=True).show()[0].id == 7
    assert ShowFiles(tmp_path).show()[0].id == 8, "the next run goes on with the show that was chosen last"
    made(files, HARBOUR)
    assert shows_in(tmp_path) == {"The Harbour"}
    assert not (tmp_path / f.NEXT).exists()
    assert files.read(f.PAGE).origin == f.origin_of(8, "live")


def test_going_back_to_the_old_show_forgets_the_half_made_one(tmp_path: Path) -> None:
    made(ShowFiles(tmp_path), FERRY)
    ShowFiles(tmp_path).choose(HARBOUR, "live", {"score": None, "show": {"id": 8, "name": "The Harbour"}})
    ShowFiles(tmp_path).choose(FERRY, "live", {"score": None, "show": {"id": 7, "name": "The Ferry"}})
    assert ShowFiles(tmp_path).show()[0].id == 7
    assert not (tmp_path / f.NEXT).exists()


def test_a_run_goes_on_with_its_own_show_or_says_that_another_took_the_folder(tmp_path: Path) -> None:
    made(ShowFiles(tmp_path), Show(6, "The Bridge"))
    one, other = ShowFiles(tmp_path), ShowFiles(tmp_path)
    one.choose(FERRY, "live", {"score": None, "show": {"id": 7, "name": "The Ferry"}})
    other.choose(HARBOUR, "live", {"score": None, "show": {"id": 8, "name": "The Harbour"}})
    for late in (lambda: one.require_still(FERRY, "live"), one.show):
        with pytest.raises(FilesError, match="Another run has chosen show 8 \\(live\\)"):
            late()
    made(other, HARBOUR)
    assert shows_in(tmp_path) == {"The Harbour"}


def test_an_interrupt_while_the_files_are_put_in_place_waits_for_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(ShowFiles(tmp_path), FERRY)
    write = ShowFiles.write

    def interrupted(files: ShowFiles, name: str, content: bytes, origin: Origin) -> Stored:
        if files.folder == files.home and name == f.CHARACTERS:
            signal.raise_signal(signal.SIGINT)
        return write(files, name, content, origin)

    monkeypatch.setattr(ShowFiles, "write", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever a test before this one left
    try:
        with pytest.raises(KeyboardInterrupt):
            made(ShowFiles(tmp_path), HARBOUR)
    finally:
        signal.signal(signal.SIGINT, before)
    assert shows_in(tmp_path) == {"The Harbour"}


# --- the rest of what assets rely on


def test_a_line_means_the_show_that_was_found_for_it_and_no_other(local: ShowFiles) -> None:
    record = {"show": {"id": 7, "name": "The Lighthouse"}}
    assert local.pinned("the lighthouse") is None
    local.choose(SHOW, "live", record, "the lighthouse")
    assert local.read(f.SHOW).origin == Origin({"show_id": 7, "source": "live", "asked": "the lighthouse"})
    assert (local.pinned("the lighthouse"), local.pinned("lighthouse")) == (7, None)
    local.choose(SHOW, "live", record)
    assert local.pinned("") is None
    local.choose(SHOW, "sample", record, "the lighthouse")
    ShowFiles(local.home).finish()
    assert local.pinned("the lighthouse") is None, "the sample pins nothing"


def test_characters_are_read_back_and_an_odd_one_is_named(local: ShowFiles) -> None:
    rows = [{"id": 1, "name": "Ada Quill", "played_by": "A. Actor"}]
    local.write(f.CHARACTERS, to_json(rows), ORIGIN)
    characters, stored = local.characters()
    assert [(one.id, one.name) for one in characters] == [(1, "Ada Quill")]
    assert stored.name == f.CHARACTERS
    local.write(f.CHARACTERS, to_json([{"id": 1}]), ORIGIN)
    with pytest.raises(FilesError, match=r"characters\.json is not as it should be \(.*\[0\].*`characters`"):
        local.characters()


def test_the_address_of_a_file_is_where_it_ends_up(local: ShowFiles) -> None:
    local.choose(SHOW, "live", {"show": {"id": 7, "name": "x"}})
    local.choose(Show(8, "Other"), "live", {"show": {"id": 8, "name": "y"}})
    assert local.folder != local.home
    assert local.uri(f.PAGE) == (local.home / f.PAGE).absolute().as_uri()


def test_many_shows_have_a_folder_each_and_files_beside_them(tmp_path: Path) -> None:
    every = AllFiles(tmp_path, prefix="tv/", setting="`data`")
    lighthouse = every.of("the-lighthouse")
    assert (lighthouse.home, lighthouse.setting) == (tmp_path / "the-lighthouse", "`data`")
    with pytest.raises(FilesError, match="materialize `tv/episodes` first"):
        lighthouse.read(f.EPISODES)
    with pytest.raises(FilesError, match=r"x\.json"):
        every.content("x.json")
    assert every.write("x.json", b"1") == every.path("x.json") == tmp_path / "x.json"
    assert every.content("x.json") == b"1"
    assert every.write("x.json", b"2").read_bytes() == b"2"
    assert not list(tmp_path.glob(".origin")), "what can be made anew at any time has no record"


def test_a_reader_of_many_shows_sees_only_what_is_finished(tmp_path: Path) -> None:
    every = AllFiles(tmp_path)
    files = ShowFiles(tmp_path / "a")
    files.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    files.choose(Show(8, "Other"), "live", {"show": {"id": 8, "name": "Other"}})
    assert every.of("a").show()[0].id == 7


def test_a_run_that_another_one_overtook_says_how_to_keep_them_apart(tmp_path: Path) -> None:
    for setting, advice in (("TV_DATA", ", or give each show a folder of its own in TV_DATA."), ("", "one is done.")):
        files = ShowFiles(tmp_path / (setting or "none"), setting=setting)
        files.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
        other = ShowFiles(files.home, setting=setting)
        other.choose(Show(8, "Other"), "sample", {"show": {"id": 8, "name": "Other"}})
        other.finish()
        with pytest.raises(FilesError, match=r"Another run has chosen show 8 \(sample\) for .*meanwhile") as failure:
            files.require_still(SHOW, "live")
        assert str(failure.value).endswith(advice)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://a/b", "can only be read"),
        ("https://a/b", "can only be read"),
        ("s3:/bucket", "without its second slash"),
        ("s3://me:secret@bucket/tv", "has a password"),
        ("s3:///", "names no bucket"),
        ("nothing-opens-this://a/b", "cannot be opened"),
    ],
)
def test_an_address_that_is_no_folder_says_why(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        data_folder(address)


def test_an_address_of_this_machine_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder("~/tv") == tmp_path / "tv"
    assert data_folder("file:///a/b") == data_folder("local:///a/b") == Path("/a/b")
    assert not isinstance(data_folder("memory://tv/a"), Path)


def test_a_folder_elsewhere_is_removed_with_all_in_it_and_may_be_gone_already() -> None:
    folder = data_folder("memory://removed/a")
    assert not isinstance(folder, Path)
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "c").write_bytes(b"1")
    remove_folder(folder)
    assert not folder.exists()
    remove_folder(folder)


def test_files_elsewhere_are_written_and_read_whole() -> None:
    files = Folder("memory://whole/a")
    files.write("x.json", b"1", ORIGIN)
    assert files.read("x.json").content == b"1"
    assert files.read("x.json").digest == sha256(b"1")


def test_what_a_killed_writer_left_is_swept_after_an_hour_and_not_before(local: ShowFiles) -> None:
    local.write(f.EPISODES, b"[]", ORIGIN)
    old, young = local.home / ".episodes.json.a.tmp", local.home / ".episodes.json.b.tmp"
    for orphan, age in ((old, ABANDONED_AFTER_SECONDS + 5), (young, ABANDONED_AFTER_SECONDS - 60)):
        orphan.write_bytes(b"half")
        os.utime(orphan, (time.time() - age, time.time() - age))
    local.write(f.EPISODES, b"[1]", ORIGIN)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_file_on_its_way_has_a_hidden_name_that_is_swept(local: ShowFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (seen.append(self.name), replace(self, target))[1])
    local.write(f.EPISODES, b"[]", ORIGIN)
    assert seen[-1].startswith(".episodes.json.")
    assert seen[-1].endswith(".tmp")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (RuntimeError("the bucket is locked"), "the bucket is locked"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_the_store_said_is_told_in_its_words(error: Exception, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Folder("memory://broken/a", setting="TV_DATA")

    def fails(*_: object, **__: object) -> None:
        raise error

    files.write("x.json", b"1", ORIGIN)
    for name in ("pipe_file", "cat_file", "info", "exists"):
        monkeypatch.setattr(files.folder.fs, name, fails)  # type: ignore[union-attr]
    for act, what in (
        (lambda: files.write("y.json", b"2", ORIGIN), r"y\.json"),
        (lambda: files.replace("y.json", b"2"), r"y\.json"),
        (lambda: files.content("x.json"), r"x\.json"),
        (lambda: files.exists("x.json"), r"x\.json"),
        (lambda: files.read("x.json"), r"x\.json"),
    ):
        with pytest.raises(FilesError, match=rf"{what}.*{why}"):
            act()


def test_another_show_is_made_apart_and_only_while_it_is_another(local: ShowFiles) -> None:
    other = Show(8, "Other")
    local.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    local.choose(other, "live", {"show": {"id": 8, "name": "Other"}})
    local.write(f.EPISODES, b"[]", f.origin_of(8, "live"))
    apart = local.folder
    assert apart != local.home
    again = ShowFiles(local.home)
    again.choose(other, "live", {"show": {"id": 8, "name": "Other"}})
    assert again.exists(f.EPISODES), "what was made of the same show stays"
    third = ShowFiles(local.home)
    third.choose(Show(9, "Third"), "live", {"show": {"id": 9, "name": "Third"}})
    assert not third.exists(f.EPISODES), "what was made of another one goes"
    back = ShowFiles(local.home)
    back.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    assert back.folder == back.home
    assert not apart.exists()


def test_what_is_half_written_is_no_part_of_the_set_that_is_put_in_place(local: ShowFiles) -> None:
    local.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    local.choose(Show(8, "Other"), "live", {"show": {"id": 8, "name": "Other"}})
    (local.folder / ".episodes.json.x.tmp").write_bytes(b"half")
    local.write(f.EPISODES, b"[]", f.origin_of(7, "live"))
    with pytest.raises(FilesError, match="was made for show 7"):
        local.finish()
    local.write(f.EPISODES, b"[]", f.origin_of(8, "live"))
    local.finish()
    assert ShowFiles(local.home).show()[0].id == 8
    assert not list(local.home.glob(".*.tmp"))


def test_records_are_forgotten_after_an_hour_and_the_newest_never(local: ShowFiles) -> None:
    for content in (b"[1]", b"[2]", b"[3]"):
        local.write(f.EPISODES, content, ORIGIN)
    records = {path: path.stat().st_mtime for path in (local.home / ".origin" / f.EPISODES).glob("*.json")}
    assert len(records) == 3
    for path in records:
        os.utime(path, (time.time() - 2 * ABANDONED_AFTER_SECONDS,) * 2)
    local.write(f.EPISODES, b"[3]", ORIGIN)
    assert local.read(f.EPISODES).origin == ORIGIN
    assert len(list((local.home / ".origin" / f.EPISODES).glob("*.json"))) == 1


def test_what_was_not_made_yet_of_a_new_show_is_read_from_the_old_one_and_refused(tmp_path: Path) -> None:
    files = ShowFiles(tmp_path, prefix="tv/", setting="TV_DATA")
    files.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    files.write(f.EPISODES, b"[]", f.origin_of(7, "live"))
    other = ShowFiles(tmp_path, prefix="tv/", setting="TV_DATA")
    other.choose(Show(8, "Other"), "live", {"show": {"id": 8, "name": "Other"}})
    stored = other.read(f.EPISODES)
    assert stored.origin == f.origin_of(7, "live")
    with pytest.raises(FilesError, match="was made for show 7"):
        other.require_same_show(Show(8, "Other"), "live", stored)
    with pytest.raises(FilesError, match="characters.json does not exist yet: materialize `tv/characters` first") as no:
        other.read(f.CHARACTERS)
    assert str(tmp_path / f.CHARACTERS) in str(no.value)
    other.write(f.EPISODES, b"[1]", f.origin_of(8, "live"))
    assert other.read(f.EPISODES).content == b"[1]"
    assert files.read(f.EPISODES).content == b"[]"


def test_without_a_setting_or_a_prefix_messages_name_none(tmp_path: Path) -> None:
    for files in (ShowFiles(tmp_path / "a"), AllFiles(tmp_path).of("a"), Folder(tmp_path / "a", made_by=f.MADE_BY)):
        assert files.setting == ""
        with pytest.raises(FilesError, match="materialize `episodes` first"):
            files.read(f.EPISODES)


def test_a_show_that_nobody_asked_for_by_a_line_has_no_line_in_its_record(local: ShowFiles) -> None:
    local.choose(SHOW, "live", {"show": {"id": 7, "name": "The Lighthouse"}})
    assert local.read(f.SHOW).origin == f.origin_of(7, "live")
