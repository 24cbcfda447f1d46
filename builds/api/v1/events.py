"""The events of a run: those of its job, in pages or as a stream."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from builds.api.events.streams import events


@csrf_exempt
async def run_events(request: HttpRequest, run_id: str) -> HttpResponseBase:
    """As at the other door, and with its words: a run is a job."""
    return await events(request, run_id)
