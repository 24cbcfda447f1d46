"""The count of the prompt benchmark."""

from benchmarks.prompt_prefix import cached, share
from builds.ports import Message, Request


def ask(*texts: str) -> Request:
    """A request with these messages."""
    messages = tuple(Message(role="user", content=text) for text in texts)
    return Request(purpose="implement", model="writer", messages=messages)


def test_what_an_earlier_request_began_with_counts_once_it_was_sent() -> None:
    first, second, other = ask("a" * 4000), ask("a" * 4000, "b" * 4000), ask("c" * 4000)
    (_, size, known), (_, larger, again), (_, _, none) = cached([first, second, other])
    assert known == 0
    assert size - 20 < again <= size
    assert larger > 2 * again - 40
    assert none < 40


def test_the_share_is_that_of_all_tokens() -> None:
    assert share([ask("a" * 4000)]) == 0
    assert 0.48 < share([ask("a" * 4000)] * 2) < 0.51
    assert share([]) == 0
