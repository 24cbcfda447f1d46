"""Books, and who has them."""

from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.title} ({self.author})"


class Loan(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="loans")
    borrower = models.CharField(max_length=100)
    lent_on = models.DateField()
    returned_on = models.DateField(null=True, blank=True)

    def __str__(self):
        return f"{self.book} to {self.borrower}"
