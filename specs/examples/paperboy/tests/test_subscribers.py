"""Adding, removing and listing."""

import unittest

from paperboy import store, subscribers


class SubscribersTest(unittest.TestCase):
    def setUp(self):
        self.connection = store.connect()
        self.addCleanup(self.connection.close)

    def test_an_address_is_kept_in_lower_case(self):
        subscribers.add(self.connection, " Ada@Example.org ", "Ada")
        self.assertEqual([s.email for s in subscribers.everybody(self.connection)], ["ada@example.org"])

    def test_somebody_who_left_is_welcomed_back(self):
        subscribers.add(self.connection, "ada@example.org", "Ada")
        subscribers.unsubscribe(self.connection, "ada@example.org")
        subscribers.add(self.connection, "ada@example.org", "Ada L.")
        (ada,) = subscribers.everybody(self.connection)
        self.assertEqual((ada.name, ada.active), ("Ada L.", True))

    def test_nobody_unknown_unsubscribes(self):
        with self.assertRaises(subscribers.UnknownSubscriber):
            subscribers.unsubscribe(self.connection, "nobody@example.org")
