"""The command line."""

import unittest

from paperboy import store, subscribers
from paperboy.__main__ import main


class MainTest(unittest.TestCase):
    def setUp(self):
        self.connection = store.connect()
        self.addCleanup(self.connection.close)

    def test_list_shows_who_is_active(self):
        subscribers.add(self.connection, "ada@example.org", "Ada")
        subscribers.add(self.connection, "bob@example.org", "Bob")
        subscribers.unsubscribe(self.connection, "bob@example.org")
        self.assertEqual(main(["list"], self.connection), "ada@example.org  Ada")

    def test_an_unknown_command_shows_the_usage(self):
        with self.assertRaisesRegex(SystemExit, "usage"):
            main(["frobnicate"], self.connection)
