"""Markdown is shown without anything that runs, hides, or is fetched from elsewhere."""

import time

import pytest

from specs.render import render


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](<java\nscript:alert(1)>)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](vbscript:x)",
        "![a](javascript:alert(1))",
        "![a](https://evil.example/pixel.png)",
        "[![a](https://evil.example/p.png)](https://b.example)",
        '<a href="x" onclick="y">a</a>',
        "<iframe src=//evil.example></iframe>",
        "```html\n</code></pre><script>x</script>\n```",
        "---\ntitle: </code><script>x</script>\n---\n",
        '[a](https://b "\\"><script>x</script>")',
        "<style>*{display:none}</style>",
        "<svg/onload=alert(1)>",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(attack: str) -> None:
    html = render(attack).lower()
    for tag in (
        "<script",
        "<img",
        "<iframe",
        "<style",
        "<svg",
        '<a href="javascript',
        '<a href="data',
        '<a href="vb',
    ):
        assert tag not in html
    assert '<a href="x"' not in html


def test_links_give_no_power_and_no_credit() -> None:
    assert (
        render("[a](https://b.example)")
        == '<p><a href="https://b.example" rel="noopener nofollow">a</a></p>\n'
    )


def test_an_image_becomes_a_link_to_click() -> None:
    assert render("![the plan](https://b.example/p.png)") == (
        '<p><a href="https://b.example/p.png" rel="noopener nofollow">image: the plan</a></p>\n'
    )


def test_comments_front_matter_and_invisible_characters_are_shown() -> None:
    html = render("---\ntitle: x\n---\n<!-- psst -->\n\na\u202eb&#8203;c\n")
    assert "<pre><code>title: x</code></pre>" in html
    assert "&lt;!-- psst --&gt;" in html
    assert "a⟦U+202E⟧b⟦U+200B⟧c" in html


def test_structure_survives() -> None:
    html = render(
        "# A\r\n- [ ] b\r\n- [x] ~~c~~\r\n\r\n3. d\r\n\r\n|e|\r\n|-|\r\n|`f`|\r\n\r\n```py\r\n"
        "g = 1\r\n```\r\n"
    )
    for part in (
        "<h1>A</h1>",
        '<input disabled="disabled" type="checkbox"> b',
        'checked="checked"',
        "<s>c</s>",
        '<ol start="3">',
        "<td><code>f</code></td>",
        "<pre><code>g = 1\n</code></pre>",
    ):
        assert part in html


@pytest.mark.parametrize("text", ["[" * 200_000, "![" * 100_000, ("[" * 9_900 + "\n\n") * 20, "> " * 100_000])
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    render(text)
    assert time.process_time() - started < 2
