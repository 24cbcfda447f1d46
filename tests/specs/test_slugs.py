"""Slugs are short ASCII names, never empty, and tell apart what has to be told apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.slugs import slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Mobile UX Improvements", "mobile-ux-improvements"),
        ("Hello, World! @#$%", "hello-world"),
        ("--Already--dashed--", "already-dashed"),
        ("Größe ändern – Café", "grosse-andern-cafe"),
        ("W7-S1: Free(€0) / Pro(€5/mo)", "w7-s1-free-0-pro-5-mo"),
    ],
)
def test_a_title_becomes_lower_case_words_with_dashes(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize("text", ["", "日本語", "🚀", "---", "Тест"])
def test_a_title_without_latin_letters_gets_a_hash(text: str) -> None:
    assert re.fullmatch(r"spec-[0-9a-f]{8}", slugify(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /users/:id", "GET /users/{id}"),
        ("GET /users/:id", "GET /users/id"),
        ("支払い v2", "検索 v2"),
        ("日本", "中国"),
        ("Move to C++", "Move to C#"),
    ],
)
def test_different_names_do_not_collide(one: str, other: str) -> None:
    assert slugify(one) != slugify(other)


@given(st.text(max_size=200))
def test_any_text_gives_a_usable_slug(text: str) -> None:
    slug = slugify(text)
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug)
    assert len(slug) <= 50
    assert slug == slugify(text)
