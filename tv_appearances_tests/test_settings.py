"""A wrong setting stops the code location from loading with one sentence that names it and the remedy."""

from pathlib import Path

import pytest

from tv_appearances.settings import Settings, SettingsError


def test_without_any_variable_the_defaults_hold() -> None:
    assert Settings.from_env({"HOME": "/root", "PATH": "/bin"}) == Settings()


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "TV_APPEARANCES_SHOW": " id:431 ",
            "TV_APPEARANCES_SOURCE": "live",
            "TV_APPEARANCES_DATA": "elsewhere",
            "TV_APPEARANCES_CHART": "quickchart",
            "TVMAZE_URL": "http://127.0.0.1:8431/",
            "QUICKCHART_URL": "https://charts.example.org",
        }
    )
    assert settings == Settings(
        show="id:431",
        source="live",
        data=Path("elsewhere"),
        chart="quickchart",
        tvmaze_url="http://127.0.0.1:8431",
        quickchart_url="https://charts.example.org",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_env({"TV_APPEARANCES_SHOW": "  ", "TVMAZE_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("TV_APPEARANCES_SOURCE", "online", "auto, live or sample"),
        ("TV_APPEARANCES_CHART", "d3", "local or quickchart"),
        ("TV_APPEARANCES_SHOW", "id:friends", "id:431"),
        ("TV_APPEARANCES_SHOW", "x" * 300, "200"),
        ("TVMAZE_URL", "api.tvmaze.com", "https://"),
        ("TVMAZE_URL", "ftp://api.tvmaze.com", "https://"),
        ("TVMAZE_URL", "https://user:secret@api.tvmaze.com", "password"),
        ("TVMAZE_URL", "http://127.0.0.1:eighty", "https://"),
        ("QUICKCHART_URL", "https://quickchart.io/chart?c=1", "query"),
        ("TV_APPEARANCES_ALIASES", "/no/such/file.toml", "TOML"),
    ],
)
def test_a_wrong_value_names_the_variable_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_env({name: value})
    assert allowed in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_variable_is_told_what_was_probably_meant() -> None:
    with pytest.raises(SettingsError, match="TV_APPEARANCES_SHWO is not a setting: did you mean TV_APPEARANCES_SHOW?"):
        Settings.from_env({"TV_APPEARANCES_SHWO": "house"})


@pytest.mark.parametrize("service", ["", "WEBSERVER_"])
def test_the_variables_that_kubernetes_sets_for_a_service_are_nobodys_mistake(service: str) -> None:
    links = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_GRPC", "PORT", "PORT_3030_TCP", "PORT_3030_TCP_ADDR")
    assert Settings.from_env({f"TV_APPEARANCES_{service}{link}": "10.0.0.1" for link in links}) == Settings()


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.touch()
    with pytest.raises(SettingsError, match="TV_APPEARANCES_DATA.*is a file"):
        Settings.from_env({"TV_APPEARANCES_DATA": str(file)})


def test_a_file_of_aliases_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    file.write_text('"Ada" = ["Captain"]', encoding="utf-16")
    with pytest.raises(SettingsError, match=r"TV_APPEARANCES_ALIASES: cannot read .*names\.toml' \(not UTF-8\)"):
        Settings.from_env({"TV_APPEARANCES_ALIASES": str(file)})
    file.write_text('"Ada" = ["Captain"]', encoding="utf-8-sig")
    assert Settings.from_env({"TV_APPEARANCES_ALIASES": str(file)}).aliases.names == {"Ada": ("Captain",)}


def test_a_broken_file_of_aliases_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "aliases.toml"
    file.write_text('"Ada Quist" = ["Addie"]\n"Bruno Falk" = [\n')
    with pytest.raises(SettingsError, match=r"TV_APPEARANCES_ALIASES: .*aliases\.toml:3: "):
        Settings.from_env({"TV_APPEARANCES_ALIASES": str(file)})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("ALERT_WEBHOOK", "hooks.example.org/secret", "has to be an address that begins with https:// or http://."),
        ("HEARTBEAT_URL", "ftp://secret", "has to be an address that begins with https:// or http://."),
        ("ALERT_SMTP", "mail.example.org:25", "has to be smtp://host:port, or smtps:// for TLS"),
        ("ALERT_EMAIL_TO", "a@example.org, b", "'b' is not an e-mail address"),
        ("ALERT_EMAIL_FROM", "a@example.org b@example.org", "it has to be one address."),
        ("ALERT_LEADERS", "maybe", "it can be yes or no."),
    ],
)
def test_a_wrong_way_to_somebody_is_one_sentence_without_the_secret(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({f"TV_APPEARANCES_{name}": text})
    assert f"TV_APPEARANCES_{name}" in str(error.value)
    assert sentence in str(error.value)
    assert "secret" not in str(error.value)


def test_whom_to_tell() -> None:
    settings = Settings.from_env(
        {
            "TV_APPEARANCES_ALERT_EMAIL_TO": "a@example.org; b@example.org",
            "TV_APPEARANCES_ALERT_SMTP": "smtps://user:p%40ss@mail.example.org",
            "TV_APPEARANCES_ALERT_LEADERS": "yes",
        }
    )
    assert settings.alert_email_to == ("a@example.org", "b@example.org")
    assert settings.alert_leaders
