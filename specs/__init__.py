"""Markdown in, Spec out: parsing, criteria, lint and safe rendering of specs."""
