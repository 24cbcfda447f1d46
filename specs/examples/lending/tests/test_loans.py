"""The list of open loans."""

from datetime import date
from io import StringIO

from django.core.management import call_command
from django.test import TestCase

from books.models import Book, Loan


class LoansTest(TestCase):
    def setUp(self):
        self.book = Book.objects.create(title="Emma", author="Jane Austen")

    def test_an_open_loan_is_listed_with_its_borrower(self):
        Loan.objects.create(book=self.book, borrower="Ada", lent_on=date(2026, 1, 1))
        self.assertEqual(self.client.get("/loans/").json(), {"loans": [{"title": "Emma", "borrower": "Ada"}]})

    def test_a_returned_book_is_not_listed(self):
        Loan.objects.create(book=self.book, borrower="Ada", lent_on=date(2026, 1, 1), returned_on=date(2026, 1, 9))
        self.assertEqual(self.client.get("/loans/").json(), {"loans": []})


class MigrationsTest(TestCase):
    def test_the_migrations_hold_everything_the_models_say(self):
        call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
