"""What counts as a sound body."""

import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builds.api.parsers import StrictJSONParser, strict_object
from builds.api.problems import BadInput

BAD = [
    ("nothing", b"", "Expecting value"),
    ("half an object", b'{"a": 1', "Expecting"),
    ("single quotes", b"{'a': 1}", "Expecting property name"),
    ("something after it", b"{} {}", "Extra data"),
    ("bytes that are no UTF-8", b'{"a": "\xff"}', "can't decode"),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), "can't decode"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "BOM"),
    ("NaN", b'{"a": NaN}', "NaN is no JSON"),
    ("infinity", b'{"a": -Infinity}', "-Infinity is no JSON"),
    ("a number that is infinite", b'{"a": 1e999}', "the number 1e999 is too large"),
    ("an integer of 5000 digits", b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
    ("a key twice", b'{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' is there twice"),
    ("100 000 brackets", b"[" * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize(("name", "body", "why"), BAD, ids=[row[0] for row in BAD])
def test_a_body_that_is_no_sound_json_is_refused(name: str, body: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=r"^Invalid JSON body$") as caught:
        strict_object(body)
    assert caught.value.code == "invalid_json"
    assert why in caught.value.flaws[0].detail


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_only_an_object_is_an_order(body: bytes) -> None:
    with pytest.raises(BadInput, match=r"^Request body must be a JSON object$"):
        strict_object(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": {"b": [0, "x\\u0000y"]}}', "/a/b/1"),
        (b'{"a/b": {"c~d": "\\ud800"}}', "/a~1b/c~0d"),
        (b'{"a": {"\\u0000": 1}}', "/a"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "/a" * 20),
    ],
    ids=["NUL", "half a character", "a key", "too deep"],
)
def test_what_cannot_be_stored_is_pointed_at(body: bytes, pointer: str) -> None:
    with pytest.raises(BadInput) as caught:
        strict_object(body)
    assert [flaw.pointer for flaw in caught.value.flaws] == [pointer]
    assert str(caught.value) == caught.value.flaws[0].detail


def test_256_kb_are_read_and_not_a_byte_more(settings: Any) -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    frame = b'{"a": ""}'
    fits = frame.replace(b'""', b'"' + b"x" * (limit - len(frame)) + b'"')
    assert len(fits) == limit == 256 * 1024
    assert StrictJSONParser().parse(io.BytesIO(fits))
    endless = io.BytesIO(fits * 40)
    with pytest.raises(BadInput, match="larger than 256 KB") as caught:
        StrictJSONParser().parse(endless)
    assert caught.value.code == "too_large"
    assert endless.tell() == limit + 1


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw builds tables
@given(
    st.binary(max_size=200) | st.text(alphabet='{}[]",:0123456789eE.-\\u tfnab', max_size=60).map(str.encode)
)
def test_any_bytes_are_an_object_or_bad_input(body: bytes) -> None:
    with suppress(BadInput):
        assert isinstance(strict_object(body), dict)
