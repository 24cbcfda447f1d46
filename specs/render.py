"""Markdown as HTML that is safe to show: no raw HTML, no scripts, nothing fetched from elsewhere."""

from collections.abc import Iterator, Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from specs.blocks import MAX_NESTING, normalized, starts_with_front_matter
from specs.plain import HIDDEN

MAX_INLINE = 10_000  # characters; a longer block is shown as plain text
# Each bracket may cost 30 microseconds. A text with more of them than any real one is shown without links.
MAX_BRACKETS = 5_000

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "input"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "input": {"checked", "disabled"}}


def render(markdown: str) -> str:
    """Safe HTML of a spec or of anything else that people or models wrote.

    Links carry `rel="noopener nofollow"`. Images become their alternative text with a link to click, so that
    looking at a page tells nobody. Raw HTML is shown as text, invisible characters by their number.
    """
    text = normalized(markdown)
    parser = _WITH_FRONT_MATTER if starts_with_front_matter(text) else _MARKDOWN
    # Only now, because `&#8203;` is invisible no sooner than here.
    html = HIDDEN.sub(lambda match: f"⟦U+{ord(match.group()):04X}⟧", parser.render(text))
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        tag_attribute_values={"input": {"type": {"checkbox"}}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )


def _bound_inline(state: StateCore) -> None:
    inline = [token for token in state.tokens if token.type == "inline"]
    too_many = sum(token.content.count("[") for token in inline) > MAX_BRACKETS
    for token in inline:
        if too_many or len(token.content) > MAX_INLINE:
            token.type = "text"


def _images_as_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.children and any(child.type == "image" for child in token.children):
            token.children = list(_without_images(token.children))


def _without_images(tokens: list[Token]) -> Iterator[Token]:
    links = 0
    for token in tokens:
        links += token.nesting if token.tag == "a" else 0
        if token.type != "image":
            yield token
            continue
        words = Token("text", "", 0, content=f"image: {token.content}")
        if links:
            yield words
        else:
            yield from (Token("link_open", "a", 1, attrs={"href": token.attrs["src"]}), words)
            yield Token("link_close", "a", -1)


def _show_front_matter(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"<pre><code>{escapeHtml(tokens[index].content)}</code></pre>\n"


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    markdown.enable(["table", "strikethrough"]).use(tasklists_plugin)
    markdown.core.ruler.before("inline", "bound_inline", _bound_inline)
    markdown.core.ruler.push("images_as_links", _images_as_links)
    markdown.add_render_rule("front_matter", _show_front_matter)
    return markdown


_MARKDOWN = _markdown()
_WITH_FRONT_MATTER = _markdown().use(front_matter_plugin)
