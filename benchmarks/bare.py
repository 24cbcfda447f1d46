"""What a posted order is measured against: an authenticated insert of one row, as REST framework does it.

`benchmarks.bare_site` serves it, on a Django that is set up.
"""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection, models
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Row(models.Model):
    """A name and what was sent; its table is made by the benchmark, for no other process knows it."""

    name = models.CharField(max_length=200, unique=True)
    body = models.JSONField()

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "benchmark_bare_row"

    def __str__(self) -> str:
        return self.name


class Bare(APIView):
    """The product's authentication and parser, one insert, a small answer, and nothing else."""

    scopes = {"POST": "builds:write"}

    def post(self, request: Request) -> Response:
        """One row in one statement."""
        row = Row.objects.create(name=request.data["jobId"], body=request.data)
        return Response({"ok": True, "id": row.pk}, status=201)


def make_table() -> None:
    """The yardstick's own."""
    with connection.schema_editor() as editor:
        editor.create_model(Row)


urlpatterns = [path("bare", Bare.as_view()), path("", include("dreamsite.urls"))]
settings.ROOT_URLCONF = __name__
application = get_asgi_application()
