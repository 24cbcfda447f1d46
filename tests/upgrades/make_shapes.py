"""Writes down the shapes of what this version keeps as JSON; run it at each release, and commit the file.

python3 manage.py test tests/upgrades/make_shapes.py
"""

import json

from tests.upgrades.test_shapes import SHAPES, schemas


def test_make_the_shapes() -> None:
    SHAPES.write_text(json.dumps(schemas(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
