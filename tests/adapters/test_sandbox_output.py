"""Bounded output: the beginning and the end of what was printed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from builds.adapters.sandbox_output import Output


@settings(database=None)
@given(chunks=st.lists(st.text("ab\n", max_size=30)), limit=st.integers(0, 60))
def test_output_is_whole_or_its_two_ends(chunks: list[str], limit: int) -> None:
    output, said = Output(limit), "".join(chunks)
    for chunk in chunks:
        output.add(chunk.encode())

    assert output.truncated == (len(said) > limit)
    if not output.truncated:
        assert output.text == said
        return
    head, tail = (limit + 1) // 2, limit // 2
    missing = len(said) - limit
    assert output.text == f"{said[:head]}\n[... {missing} bytes left out ...]\n{said[len(said) - tail :]}"


def test_what_is_no_utf_8_is_replaced() -> None:
    output = Output(100)
    output.add(b"\xff \xc3")
    output.add(b"\xa9")
    assert output.text == "\ufffd é"
