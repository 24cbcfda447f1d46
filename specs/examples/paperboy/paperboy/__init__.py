"""Subscribers of a small newsletter."""
