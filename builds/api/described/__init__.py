"""What every route of the API takes and answers, as data: the source of `/api/schema`.

A route is described where its siblings are: one line in a table `ROUTES` (path → method → Operation), its
objects in a table `COMPONENTS` (name → JSON Schema). `table.py` joins the tables. A test walks the URLconf
and fails for a route without a description; every answer that a test of the API gets is held against it.
"""
