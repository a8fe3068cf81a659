"""The same settings for the suite: quick hashes, mail kept in memory, English so that tests read as the message ids."""

import os
from urllib.parse import urlsplit

os.environ["IEUM_ENV"] = "test"
os.environ.setdefault("LOG_LEVEL", "WARNING")  # two lines for each request, which nobody reads, are not even written

from marketplace.settings import *  # noqa: F403
from marketplace.settings import CACHES, DATABASES, MIDDLEWARE, REDIS_URL

DEBUG = False
LANGUAGE_CODE = "en"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
WHITENOISE_AUTOREFRESH = True
MIDDLEWARE = [m for m in MIDDLEWARE if "whitenoise" not in m]
if os.environ.get("TEMPLATE_LOCK"):  # `make test` migrates one database, which each worker copies
    DATABASES["default"]["TEST"] = {"TEMPLATE": f"test_{DATABASES['default']['NAME']}_template", "MIGRATE": False}
# Each worker of pytest-xdist has a database of Valkey of its own: emptying the cache empties all of one.
worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
valkey = urlsplit(REDIS_URL)
number = (int(valkey.path.strip("/") or 0) + worker) % 16
CACHES = {"default": {**CACHES["default"], "LOCATION": valkey._replace(path=f"/{number}").geturl()}}
ACCOUNT_RATE_LIMITS = False
SECURE_SSL_REDIRECT = False
