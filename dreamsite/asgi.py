"""The ASGI entry: `uvicorn dreamsite.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreamsite.settings")  # noqa: TID251
application = get_asgi_application()
