"""The environment is read in one place, loudly."""

from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from dreamsite.env import BadSetting, Environment, dollars


def test_a_value_may_live_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" secret \n")
    assert Environment({"KEY_FILE": str(tmp_path / "key")}).text("KEY") == "secret"


@pytest.mark.parametrize(
    ("variables", "read", "sentence"),
    [
        ({"KEY": "a", "KEY_FILE": "/b"}, "text", "KEY: set KEY or KEY_FILE, not both"),
        ({"KEY_FILE": "/nowhere/key"}, "text", "KEY_FILE: cannot read /nowhere/key"),
        ({"KEY": "maybe"}, "flag", "KEY: 'maybe' is neither 1 nor 0"),
        ({"KEY": "{"}, "json_object", "KEY: is not JSON"),
        ({"KEY": "[]"}, "json_object", "KEY: must be a JSON object"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(variables: dict[str, str], read: str, sentence: str) -> None:
    with pytest.raises(BadSetting) as caught:
        getattr(Environment(variables), read)("KEY")
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("value", ["ten", "-1", "nan", "inf"])
def test_a_number_must_be_one_and_not_too_small(value: str) -> None:
    with pytest.raises(BadSetting, match="KEY"):
        Environment({"KEY": value}).number("KEY", 5)


def test_a_choice_must_be_one_of_its_words() -> None:
    environment = Environment({"KEY": "ftp"})
    with pytest.raises(BadSetting, match="'ftp' is not one of local, github"):
        environment.choice("KEY", ("local", "github"), "local")


def test_words_are_split_at_commas_and_empty_ones_dropped() -> None:
    assert Environment({"KEY": " a, ,b,"}).words("KEY") == ("a", "b")


def test_secrets_are_words_that_nobody_guesses() -> None:
    both = "the new one of two,the old one of two"
    assert Environment({"KEY": both}).secrets("KEY") == ("the new one of two", "the old one of two")
    assert Environment({}).secrets("KEY") == ()
    with pytest.raises(BadSetting, match="KEY: each secret has 16 characters or more"):
        Environment({"KEY": "long enough to be one,short"}).secrets("KEY")


def test_a_price_is_read_exactly() -> None:
    assert dollars("PRICES", 0.1) == Decimal("0.1")


@pytest.mark.parametrize("value", ["-1", "nan", "free"])
def test_a_price_below_zero_or_without_a_number_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match="PRICES"):
        dollars("PRICES", value)


@pytest.mark.parametrize(
    "value",
    [
        "http://api.github.com",
        "api.github.com",
        "https://",
        "https://me:secret@api.github.com",
        "https://api.github.com?x=1",
        "file:///etc",
        "http://127.0.0.1.example.com",
    ],
)
def test_a_web_address_is_https_and_nothing_but_an_address(value: str) -> None:
    with pytest.raises(BadSetting, match="KEY"):
        Environment({"KEY": value}).web_address("KEY", "https://api.github.com")


def test_a_web_address_ends_without_a_slash_and_may_be_plain_on_this_machine() -> None:
    found = {"": "https://x.example", "http://127.0.0.1:81/api/v3/": "http://127.0.0.1:81/api/v3"}
    for value, address in found.items():
        assert Environment({"KEY": value}).web_address("KEY", "https://x.example") == address


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", (time(22), time(6))),
        ("01:30 - 05:15", (time(1, 30), time(5, 15))),
        ("00:00-00:00", (time(0), time(0))),
    ],
)
def test_a_window_is_two_times_of_day(value: str, found: tuple[time, time]) -> None:
    assert Environment({"KEY": value}).window("KEY", "22:00-06:00") == found


@pytest.mark.parametrize(
    "value", ["22:00", "22-6", "24:30-06:00", "22:00-06:00-07:00", "22:00+01:00-06:00", "night"]
)
def test_a_window_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match="KEY"):
        Environment({"KEY": value}).window("KEY", "22:00-06:00")


def test_a_zone_is_one_of_the_tz_database() -> None:
    assert Environment({"KEY": "Europe/Berlin"}).zone("KEY", "UTC").key == "Europe/Berlin"
    for value in ("Berlin", "../etc/passwd", "CEST+1", "Europe"):
        with pytest.raises(BadSetting, match="is not a time zone such as"):
            Environment({"KEY": value}).zone("KEY", "UTC")
