"""A stored spec is one text, kept once, and never changed."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from specs.models import Spec, SpecIsImmutable
from specs.parsed import EmptySpec
from specs.parser import parse

TEXT = """\
---
owner: ann
---
# Dark mode

## Overview
At night.

## Requirements
- switch\r
- 🌙 moon

## Tiers
- free
"""


@pytest.mark.django_db
def test_keeping_a_text_stores_it_as_it_came_with_what_was_read() -> None:
    spec = Spec.keep(TEXT)
    spec.refresh_from_db()
    assert spec.sha256 == sha256(TEXT.encode()).hexdigest()
    assert (spec.title, spec.markdown, spec.overview) == ("Dark mode", TEXT, "At night.")
    assert spec.criteria == ["switch", "🌙 moon"]
    assert [sentence.split(":")[0] for sentence in spec.not_understood] == ["Line 13"]


@pytest.mark.django_db
def test_the_stored_reading_holds_all_that_was_parsed() -> None:
    stored, parsed = Spec.keep(TEXT).parsed, parse(TEXT)
    assert [entry["text"] for entry in stored["requirements"]] == [
        entry.text for entry in parsed.requirements
    ]
    assert stored["sections"][0]["sections"][1]["heading"] == "Requirements"
    assert stored["front_matter"] == {"owner": "ann"}
    assert stored["notes"][-1]["severity"] == "warning"
    assert not stored.keys() & {"document", "passages"}


@pytest.mark.django_db
def test_the_same_text_is_the_same_row() -> None:
    assert Spec.keep(TEXT) == Spec.keep(TEXT)
    assert Spec.keep(f"{TEXT}\n") != Spec.keep(TEXT)
    assert Spec.objects.count() == 2


@pytest.mark.django_db
def test_what_was_read_first_stays(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):  # in a transaction, as whoever keeps a spec is
        first = Spec.keep(TEXT)
    assert Spec.keep(TEXT).created_at == first.created_at
    assert Spec.keep(TEXT).markdown == TEXT


@pytest.mark.django_db
def test_a_refused_text_stores_nothing() -> None:
    with pytest.raises(EmptySpec):
        Spec.keep(" \n")
    assert not Spec.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_keep_one_row() -> None:
    together = Barrier(8)

    def keep(_: int) -> str:
        try:
            together.wait(timeout=10)
            return Spec.keep(TEXT).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(keep, range(8)))
    assert keys == {sha256(TEXT.encode()).hexdigest()}
    assert Spec.objects.count() == 1


@pytest.mark.django_db
def test_a_stored_spec_is_never_changed() -> None:
    spec = Spec.keep(TEXT)
    spec.title = "Light mode"
    with pytest.raises(SpecIsImmutable):
        spec.save()
    with pytest.raises(SpecIsImmutable):
        Spec.objects.filter(pk=spec.pk).update(title="Light mode")
    with pytest.raises(SpecIsImmutable), transaction.atomic():
        Spec.objects.bulk_update([spec], ["title"])
    assert Spec.objects.get().title == "Dark mode"


@pytest.mark.django_db
def test_a_new_object_with_a_stored_key_overwrites_nothing() -> None:
    spec = Spec.keep(TEXT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Spec(sha256=spec.sha256, title="Light mode", markdown="x").save()
    assert Spec.objects.get().title == "Dark mode"


@pytest.mark.django_db
def test_the_database_refuses_a_key_that_is_no_sha256() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Spec.objects.create(sha256="x" * 64, title="a", markdown="b")
