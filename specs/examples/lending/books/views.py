"""Lists as JSON."""

from django.http import JsonResponse

from books.models import Loan


def loans(request):
    """The open loans, the longest first."""
    found = Loan.objects.filter(returned_on=None).select_related("book").order_by("lent_on", "id")
    rows = [{"title": loan.book.title, "borrower": loan.borrower} for loan in found]
    return JsonResponse({"loans": rows})
