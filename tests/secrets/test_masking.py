"""Masking: nothing secret is left, lines stay lines, and masking again changes nothing."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.diffs import ChangeSet
from builds.secrets import mask, mask_all, mask_patch, scan
from tests.gates.tables.row import Row
from tests.gates.tables.secrets import BODY, DRAWN, FOUND, HEX, JWT, KEY, KEY_END
from tests.gates.world import Content, diff

TOKEN = f"{'ghp'}_{DRAWN[:36]}"
PIECES = st.sampled_from(
    [
        TOKEN, JWT, f"{KEY}\n{BODY}\n{KEY_END}", f"password = '{DRAWN}'", f"redis://x:{DRAWN[:9]}@h.io", KEY,
        "\n", " ", "+", "-", '"', "  12| ", "token: ", "def a():\n    return 1\n", "[masked: aws_key]",
    ]
)  # fmt: skip
IN_PATCH = [row for row in FOUND if not row.before and isinstance(next(iter(row.after.values())), str)]


def test_the_secret_goes_and_the_rest_stays() -> None:
    text = f'URL = "postgres://shop:{DRAWN[:12]}@db.acme.io/shop"  # of the shop\nK = "{TOKEN}"\n'
    assert mask(text) == (
        'URL = "postgres://shop:[masked: database_url]@db.acme.io/shop"  # of the shop\n'
        'K = "[masked: github_token]"\n'
    )


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
def test_masking_twice_is_masking_once_and_lines_stay_lines(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert once.count("\n") == text.count("\n")
    assert scan(once) == ()


@pytest.mark.parametrize("prefix", ["", "+", "-", " ", "   7| "])
def test_a_private_key_is_masked_line_by_line_in_diffs_and_listings_too(prefix: str) -> None:
    lines = [KEY, *BODY.split("\n"), "YWJj=", KEY_END, "next = 1"]
    masked = mask("\n".join(prefix + line for line in lines))
    assert BODY[:40] not in masked
    assert "YWJj" not in masked
    assert len(masked.split("\n")) == len(lines)
    assert masked.endswith(f"{prefix}next = 1")
    if prefix:
        assert all(line.startswith(prefix) for line in masked.split("\n"))


def test_json_stays_json() -> None:
    arguments = json.dumps({"path": "a.py", "content": f'K = "{TOKEN}"\n{KEY}\n{BODY}\n{KEY_END}\n"é"'})
    read = json.loads(mask(arguments))
    assert read["path"] == "a.py"
    assert TOKEN not in read["content"]
    assert BODY[:40] not in read["content"]


def test_every_text_of_plain_data_is_masked() -> None:
    data = {"a": [TOKEN, 7, None, {"b": f"x {TOKEN}"}], TOKEN: True}
    assert TOKEN not in json.dumps(mask_all(data))
    assert mask_all({"a": 1, "b": [True, None, 2.5]}) == {"a": 1, "b": [True, None, 2.5]}


@pytest.mark.parametrize("row", IN_PATCH, ids=str)
def test_a_masked_diff_reads_as_before_and_holds_no_secret(
    row: Row, tmp_path_factory: pytest.TempPathFactory
) -> None:
    after = {path: text for path, text in row.after.items() if text is not None}
    files: dict[str, Content] = {**after, "z.txt": "y\n"}
    patch = diff(tmp_path_factory.mktemp("diff"), {"z.txt": "z\n"}, files)
    changes, masked = ChangeSet.parse(patch), ChangeSet.parse(mask_patch(patch))
    assert masked.paths == changes.paths
    for before, now in zip(changes.files, masked.files, strict=True):
        assert [line.number for line in before.added] == [line.number for line in now.added]
        assert scan(now.new_text) == ()


def test_binary_parts_and_bytes_that_are_no_text_stay(tmp_path_factory: pytest.TempPathFactory) -> None:
    files: dict[str, Content] = {
        "a.bin": bytes(range(256)) * 40,
        "latin.txt": "caf\xe9\n".encode("latin-1"),
    }
    patch = diff(tmp_path_factory.mktemp("diff"), {}, files)
    assert mask_patch(patch) == patch


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 200_000,
        "://a:" * 120_000,
        "aws key '" * 60_000,
        "a" * 600_000,
        KEY * 20_000,
        "token='" * 90_000,
        "-----BEGIN " * 60_000,
        f"{KEY}\n" + "A" * 600_000,
        HEX * 9_000,
    ],
    ids=lambda text: str(text[:12]).strip(),
)
def test_no_text_takes_long(text: str) -> None:
    began = time.monotonic()
    mask(text)
    assert time.monotonic() - began < 6
