"""What counts as a true answer of a page, and what is left of it when it is written anew."""

import pytest

from tests.docs.answers import Answer, differences
from tests.docs.layout import rewritten
from tests.docs.pages import requests, words_of

TIME, LATER = "2026-11-21T10:00:00.123Z", "2027-01-01T00:00:00Z"
UUID, OTHER = "run_04ab45b5-9295-4ea6-ae86-92776b05b72b", "run_a97508a9-e4ce-417b-8cf4-451e27ff38cf"
SIGNED, RESIGNED = "WzUsIjQ2ZjQyMm.fXDOJ_BJVTFsbdjdu0wWvl4I3HhWmdPmIU9MToloktA", "WzEsImM5OTcyN." + "a" * 43


def answer(body: str, head: str = "HTTP/1.1 200 OK", kind: str = "application/json") -> Answer:
    """An answer of that body."""
    return Answer.read(f"{head}\ncontent-type: {kind}\n\n{body}")


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ('{"a": 1}', '{"a":1}'),
        ('{"a": 20.0}', '{"a":20.0}'),
        ('{"b": 2, "a": 1}', '{"a":1,"b":2}'),
        ('{"a": 1, …}', '{"a":1,"b":2}'),
        ('{"a": 1, …}', '{"a":1}'),
        ('{"a": [1, …]}', '{"a":[1,2,3]}'),
        ("[…]", "[]"),
        ('{"a": "two…"}', '{"a":"two words"}'),
        ('{"a": "[…]", "b": "…"}', '{"a":"[…]","b":"x"}'),
        (f'{{"at": "{TIME}"}}', f'{{"at":"{LATER}"}}'),
        (f'{{"id": "station_{UUID}_plan"}}', f'{{"id":"station_{OTHER}_plan"}}'),
        (f'{{"next": "https://x/?cursor={SIGNED}"}}', f'{{"next":"https://x/?cursor={RESIGNED}"}}'),
        (f'{{"sha": "{"a" * 64}"}}', f'{{"sha":"{"0" * 64}"}}'),
        ('{"durationMs": 5}', '{"durationMs":7}'),
    ],
)
def test_this_is_true(written: str, given: str) -> None:
    assert differences(answer(written), answer(given)) == []


@pytest.mark.parametrize(
    ("written", "given", "said"),
    [
        ('{"a": 1}', '{"a":2}', "body.a is 2, not 1"),
        ('{"a": 1}', '{"a":true}', "body.a is True, not 1"),
        ('{"a": 1}', '{"a":"1"}', "body.a is '1', not 1"),
        ('{"a": 1}', '{"a":1,"b":2}', "body.b is not written"),
        ('{"a": 1, "b": 2, …}', '{"a":1}', "body.b is not there"),
        ('{"a": {"b": 1}, …}', '{"a":{"b":1,"c":2}}', "body.a.c is not written"),
        ("[1]", "[1,2]", "body has 2 elements, not 1"),
        ("[1, 2, …]", "[1]", "body has 1 elements, not 2"),
        ('{"a": "two…"}', '{"a":"three"}', "body.a is 'three', not 'two…'"),
        (f'{{"at": "{TIME}"}}', '{"at":null}', f"body.at is None, not '{TIME}'"),
        (f'{{"at": "{TIME}"}}', '{"at":"today"}', f"body.at is 'today', not '{TIME}'"),
        (f'{{"sha": "{"a" * 64}"}}', f'{{"sha":"{"a" * 40}"}}', "body.sha is"),
        ('{"durationMs": 5}', '{"durationMs":null}', "body.durationMs is None, not 5"),
        ('{"durationMs": null}', '{"durationMs":5}', "body.durationMs is 5, not None"),
        ("{", "{}", "the body is no JSON"),
        ("", "{}", "the body is no JSON"),
    ],
)
def test_this_is_not(written: str, given: str, said: str) -> None:
    (found,) = differences(answer(written), answer(given))
    assert found.startswith(said)


def test_status_and_written_headers_count_and_other_headers_do_not() -> None:
    given = Answer.read('HTTP/1.1 202 Accepted\r\nETag: "a"\r\nRateLimit: "caller";r=7;t=9\r\n\r\n')
    assert differences(Answer.read('HTTP/1.1 202 Whatever\nratelimit: "caller";r=1;t=2'), given) == []
    wrong = Answer.read('HTTP/1.1 200 OK\netag: "b"\nlocation: /x\nratelimit: "other";r=7;t=9')
    assert differences(wrong, given) == [
        "it is HTTP/1.1 202 Accepted, not HTTP/1.1 200 OK",
        "etag is '\"a\"', not '\"b\"'",
        "location is None, not '/x'",
        "ratelimit is '\"caller\";r=7;t=9', not '\"other\";r=7;t=9'",
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("one\ntwo\nthree", []),
        ("one\n…", []),
        ("…\nthree", []),
        ("one\n…\nthr…", []),
        ("one\nthree", ["a line is 'two', not 'three'"]),
        ("one\ntwo", ["there are more lines: 'three'"]),
        ("…\nfour\n…", ["there is no line 'four'"]),
        ("three\n…\none", ["a line is 'one', not 'three'"]),
    ],
)
def test_a_text_is_compared_by_lines(written: str, said: list[str]) -> None:
    given = answer("one\ntwo\nthree", kind="text/plain")
    assert differences(answer(written, kind="text/plain"), given) == said


def test_what_was_left_out_stays_left_out_and_what_is_true_stays_as_it_is() -> None:
    written = (
        'HTTP/1.1 200 OK\n\n{"at": "'
        + TIME
        + '", "name": "old…", "list": [{"a": 1, …}, …], "gone": 1, "all": {"a": 1}, …}\n'
    )
    given = answer(
        '{"new":1,"at":"' + LATER + '","name":"newer","list":[{"a":2,"b":2},{"a":3}],"all":{"a":1,"b":2}}'
    )
    assert rewritten(written, given) == (
        'HTTP/1.1 200 OK\n\n{"at": "'
        + TIME
        + '", "name": "new…", "list": [{"a": 2, …}, …], "all": {"a": 1, "b": 2}, …}\n'
    )


def test_of_a_text_the_lines_that_were_written_are_written_anew() -> None:
    given = answer("# jobs\njobs 4\n# money\nmoney spent 3\nanything", kind="text/plain")
    head = "HTTP/1.1 200 OK\ncontent-type: text/plain\n\n"
    written = f"{head}…\njobs 3\n…\nmoney saved…\n…\n"
    assert rewritten(written, given) == f"{head}…\njobs 4\n…\nmoney spent…\n…\n"
    assert rewritten(f"{head}jobs 3\n", given) == f"{head}{given.body}\n"


def test_a_true_answer_is_not_touched_and_an_empty_one_is_filled_in() -> None:
    given = Answer.read(
        'HTTP/1.1 202 Accepted\nvary: x\nlocation: /a\ncontent-type: application/json\n\n{"a":1}'
    )
    assert (
        rewritten('HTTP/1.1 202 Accepted\n\n{ "a":\n1 }\n', given) == 'HTTP/1.1 202 Accepted\n\n{ "a":\n1 }\n'
    )
    assert rewritten("", given) == 'HTTP/1.1 202 Accepted\nlocation: /a\n\n{"a": 1}\n'


def test_method_and_path_of_a_curl_are_read_as_they_are_written() -> None:
    command = 'A="x y"\ncurl -si "$DREAM_URL/v1/runs/$RUN/cancel?a=b" \\\n  -d \'{"a": "b"}\'\n'
    assert words_of(command) == ["curl", "-si", "$DREAM_URL/v1/runs/$RUN/cancel?a=b", "-d", '{"a": "b"}']
    unanswered = "```sh\ncurl -s $DREAM_URL/healthz | wc\n```\n"
    page = f"```sh\n{command}```\n\n```http\nHTTP/1.1 200 OK\n```\n\n{unanswered}"
    (found,) = requests(page)
    assert (found.line, found.method, found.path) == (1, "POST", "/v1/runs/x/cancel")
