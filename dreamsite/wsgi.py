"""The WSGI entry, for servers that speak only that."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreamsite.settings")  # noqa: TID251
application = get_wsgi_application()
