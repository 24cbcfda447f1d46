"""`uvicorn benchmarks.bare_site:application`: the service, with the yardstick `POST /bare` beside its own."""

from importlib import import_module

import django

django.setup(set_prefix=False)  # views import models, so not before now
application = import_module("benchmarks.bare").application
