"""Settings of every environment. What differs between them comes from the environment, see `.env.example`."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from marketplace.core.checks import derived_key, require
from marketplace.enum_names import ENUM_NAMES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

IEUM_ENV = env.str("IEUM_ENV", "development")
require(
    IEUM_ENV in {"development", "test", "production"},
    f"IEUM_ENV is {IEUM_ENV!r}; set it to development, test or production.",
)
PRODUCTION = IEUM_ENV == "production"

SECRET_KEY = env.str("SECRET_KEY", "" if PRODUCTION else "only-for-development-and-tests")
require(bool(SECRET_KEY), "SECRET_KEY is missing. Set it to 50 or more random characters.")
require(
    not PRODUCTION or (len(SECRET_KEY) >= 50 and SECRET_KEY != "only-for-development-and-tests"),
    "SECRET_KEY is too short for production. Set it to 50 or more random characters.",
)
DEBUG = env.bool("DEBUG", IEUM_ENV == "development")
require(not (PRODUCTION and DEBUG), "DEBUG is on in production. Unset DEBUG.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
require(bool(ALLOWED_HOSTS), "ALLOWED_HOSTS is missing. Set it to the host names served, separated by commas.")
require(bool(env.str("DATABASE_URL", "")), "DATABASE_URL is missing. `make run` sets it for the embedded PostgreSQL.")
require(bool(env.str("REDIS_URL", "")), "REDIS_URL is missing. `make run` sets it for the embedded Valkey.")

SITE_NAME = env.str("SITE_NAME", "기술이음")
SITE_URL = env.str("SITE_URL", f"http://localhost:{env.str('PORT', '8000')}").rstrip("/")
# The masthead says that this is an official government site: only its operator may claim that.
SHOW_MASTHEAD = env.bool("SHOW_MASTHEAD", False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "django_cotton",
    "django_structlog",
    "csp",
    "rules.apps.AutodiscoverRulesConfig",
    "pgtrigger",
    "pghistory",
    "marketplace.core",
    "accounts",
    "taxonomy",
    "notifications",
    "tech_listings",
    "matching",
    "obligations",
    "programmes",
    "brokers",
    "deals",
    "disclosures",
    "royalties",
    "vouchers",
    "policy",
    "portal",
    "open_data",
]
MIDDLEWARE = [
    "marketplace.core.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "marketplace.core.middleware.AskedLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.CurrentOrganizationMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "marketplace.core.middleware.BodySizeMiddleware",
    "marketplace.core.middleware.DomainErrorMiddleware",
    "marketplace.core.middleware.ActAddressMiddleware",
    "open_data.middleware.AllowanceMiddleware",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
LOADERS: Any = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": LOADERS if DEBUG else [("django.template.loaders.cached.Loader", LOADERS)],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.core.context.site",
                "portal.context.navigation",
            ],
        },
    }
]
FORM_RENDERER = "marketplace.core.forms.KrdsRenderer"


def database(variable: str) -> dict[str, Any]:
    """The database of an environment variable; the host may be a socket folder, percent-encoded."""
    found: dict[str, Any] = env.db_url(variable, engine="django.db.backends.postgresql")
    # A lost lock becomes a sentence after three seconds, not a spinner for ever (lessons F65).
    chosen = {
        "lock_timeout": 3000,
        "statement_timeout": env.int("STATEMENT_TIMEOUT_MS", 60_000),
        # Nearest by meaning: look at this many, and go on where filters leave too few (pgvector).
        "hnsw.ef_search": 120,
        "hnsw.iterative_scan": "relaxed_order",
        "jit": "off",
        # A page's statements take milliseconds: to start two more processes for one takes as long, from others' cores.
        "max_parallel_workers_per_gather": 0,
        # What is read by a cursor (exports, frozen months, nightly work) is read to its end: the plan that has the
        # first rows soonest took minutes for what another does in seconds.
        "cursor_tuple_fraction": 1,
    }
    options = {"options": " ".join(f"-c {name}={value}" for name, value in chosen.items())}
    return found | {
        "HOST": unquote(found["HOST"]),
        "OPTIONS": found.get("OPTIONS", {}) | options,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": database("DATABASE_URL")}
if env.str("DATABASE_REPLICA_URL", ""):
    DATABASES["replica"] = database("DATABASE_REPLICA_URL") | {"TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
# Valkey away costs the cache and the rate limits, not the pages: what fails is logged and goes on without.
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 2,
            # The client's own retries would hold every page for seconds.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # a mail scanner that follows links must not consume them (lessons F28)
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Rate limits count by address: how many proxies of ours stand in front and write X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
ACCOUNT_CHANGE_EMAIL = True  # one address per person; the new one counts once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # tell the owner about changed passwords, addresses and factors
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddSecurityKeyForm",
    "edit_webauthn": "accounts.forms.EditSecurityKeyForm",
}
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
PASSWORD_RESET_TIMEOUT = 60 * 60 * 3

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["marketplace.formats"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Seoul"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / ".local" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Uploads are private: nothing maps a URL to this folder, views hand files out after asking permission.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / ".local" / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IEUM_ENV != "test" and not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600
# What is confidential lies apart from uploads and exports, and is served by nobody either.
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", str(BASE_DIR / ".local" / "private")))
CONFIDENTIAL_MAX_BYTES = env.int("CONFIDENTIAL_MAX_BYTES", 50 * 1024 * 1024)
# A virus scanner: host:port, or unix:/path of its socket. Without one files are handed out and called not scanned.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", "")
require(
    not CLAMD_ADDRESS or CLAMD_ADDRESS.startswith("unix:/") or CLAMD_ADDRESS.rpartition(":")[2].isdecimal(),
    "CLAMD_ADDRESS must be host:port or unix:/path.",
)
CLAMD_TIMEOUT = env.float("CLAMD_TIMEOUT", 60.0)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 200 * 1024 * 1024)
# How many workers are woken for one import; each takes batches until none is left.
IMPORT_WORKERS = env.int("IMPORT_WORKERS", 2)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

MAIL_FOLDER = Path(env.str("MAIL_FOLDER", str(BASE_DIR / ".local" / "mail")))
require(
    not PRODUCTION or bool(env.str("EMAIL_URL", "")), "EMAIL_URL is missing. Set it, e.g. smtp+tls://user:pass@host:587"
)
if env.str("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_FOLDER)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "ieum@localhost")
EMAIL_TIMEOUT = 10

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "marketplace.core.schema.RefusalsDescribed",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "open_data.api.key_access.KeyAuthentication",
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["marketplace.core.api.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "marketplace.core.pagination.BoundedPagination",
    "DEFAULT_RENDERER_CLASSES": ["marketplace.core.wire.AnyTextRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.core.wire.ObjectParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "marketplace.core.wire.AnyAccept",
    "DEFAULT_THROTTLE_CLASSES": ["open_data.api.key_access.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": env.str("API_RATE", "600/min")},
    # Whoever writes an X-Forwarded-For of their own must not get an allowance of their own with it.
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "EXCEPTION_HANDLER": "marketplace.core.api.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# How often a key of an organization may ask; apart from pages and from what people's tokens may.
KEY_RATE = env.str("KEY_RATE", "1200/min")
# Only for tests and development: messages may go to http and to networks that are nobody else's.
WEBHOOK_INSECURE = env.bool("WEBHOOK_INSECURE", False)
require(not (PRODUCTION and WEBHOOK_INSECURE), "WEBHOOK_INSECURE is on in production. Unset it.")
SPECTACULAR_SETTINGS = {
    "TITLE": "Ieum API",
    "DESCRIPTION": (
        "Technologies of publicly funded research, and what becomes of them: requests, contracts, royalty, programmes "
        "and vouchers, brokers, duties and figures.\n\n"
        "A day (`2026-11-27`) is a day in Korea. A moment says its zone (`2026-11-27T09:00:00+09:00`); one sent "
        "without a zone is taken as Korean time. What ends in `_won` is whole won, without decimals. What ends in "
        "`_bp` is in hundredths of a percent: 10000 are all of it, 1250 are 12.5 percent."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page must not hang because the broker is away: the sweep sends what was not queued.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 600}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(BASE_DIR / ".local" / "beat")
CELERY_BEAT_SCHEDULE = {
    "deliver-unsent": {"task": "notifications.tasks.deliver_unsent", "schedule": 120.0},
    "send-digests": {"task": "notifications.tasks.send_digests", "schedule": 600.0},
    "remind-of-requests": {"task": "deals.tasks.remind_of_requests", "schedule": 1800.0},
    "tend-negotiations": {"task": "deals.tasks.tend_negotiations", "schedule": 1800.0},
    "embed-meanings": {"task": "tech_listings.tasks.embed_meanings", "schedule": 60.0},
    "check-submissions": {"task": "tech_listings.tasks.check_submissions", "schedule": 60.0},
    "refresh-terms": {"task": "tech_listings.tasks.refresh_terms", "schedule": 600.0},
    "roll-search-over": {"task": "tech_listings.tasks.roll_search_over", "schedule": 60.0},
    "match-needs": {"task": "matching.tasks.match_needs", "schedule": 60.0},
    "remind-of-survey": {"task": "policy.tasks.remind_of_survey", "schedule": crontab(hour=9, minute=20)},
    "check-royalty-ledger": {"task": "royalties.tasks.check_royalty_ledger", "schedule": crontab(hour=4, minute=40)},
    "percolate-news": {"task": "matching.tasks.percolate_news", "schedule": 60.0},
    "attend-to-needs": {"task": "matching.tasks.attend_to_needs", "schedule": 1800.0},
    "resume-imports": {"task": "tech_listings.tasks.resume_imports", "schedule": 60.0},
    "refresh-words": {"task": "tech_listings.tasks.refresh_words", "schedule": 3600.0},
    "resume-exports": {"task": "tech_listings.tasks.resume_exports", "schedule": 60.0},
    "expire-exports": {"task": "tech_listings.tasks.expire_exports", "schedule": 3600.0},
    "scan-files": {"task": "disclosures.tasks.scan_files", "schedule": 60.0},
    "run-duties": {"task": "obligations.tasks.run_duties", "schedule": crontab(hour=3, minute=10)},
    "forget-inventors": {"task": "tech_listings.tasks.forget_inventors", "schedule": crontab(hour=3, minute=40)},
    # Just after midnight a suspension is over, so that the broker works on its first free day.
    "look-after-cases": {"task": "brokers.tasks.look_after_cases", "schedule": crontab(hour=0, minute=15)},
    # And a contract is over, or amended, on the day that it says.
    "look-after-contracts": {"task": "deals.tasks.look_after_contracts", "schedule": crontab(hour=0, minute=10)},
    # Vouchers whose day has passed; what a crash left between two steps, every five minutes.
    "look-after-vouchers": {"task": "vouchers.tasks.look_after_vouchers", "schedule": crontab(hour=0, minute=20)},
    "accept-silent-claims": {"task": "vouchers.tasks.accept_silent", "schedule": crontab(hour=0, minute=20)},
    "sweep-vouchers": {"task": "vouchers.tasks.sweep_vouchers", "schedule": 300.0},
    "remind-of-vouchers": {"task": "vouchers.tasks.remind_of_vouchers", "schedule": crontab(hour=8, minute=40)},
    "check-money": {"task": "vouchers.tasks.check_money", "schedule": crontab(hour=4, minute=50)},
    "resume-publishing": {"task": "programmes.tasks.resume_publishing", "schedule": 60.0},
    "look-after-agreements": {
        "task": "programmes.tasks.look_after_agreements",
        "schedule": crontab(hour=0, minute=20),
    },
    "supersede-fee-schedules": {
        "task": "brokers.tasks.supersede_schedules",
        "schedule": crontab(hour=0, minute=5),
    },
    "remind-of-completions": {
        "task": "brokers.tasks.remind_of_completions",
        "schedule": crontab(hour=8, minute=30),
    },
    # In the morning: what it tells people is mailed at once to those who want that.
    "tell-of-mandates": {"task": "brokers.tasks.tell_of_mandates", "schedule": crontab(hour=8, minute=20)},
    "run-broker-duties": {"task": "brokers.tasks.run_broker_duties", "schedule": crontab(hour=2, minute=40)},
    "keep-offers-fresh": {"task": "tech_listings.tasks.keep_offers_fresh", "schedule": crontab(hour=8, minute=10)},
    "write-letters": {"task": "obligations.tasks.write_letters", "schedule": crontab(hour="8-19", minute=20)},
    # The month's figures are frozen in the night after it; a night that was missed is made up for by the next.
    "freeze-figures": {"task": "policy.tasks.freeze_figures", "schedule": crontab(hour=2, minute=10)},
    "compute-figures": {"task": "policy.tasks.compute_figures", "schedule": crontab(minute=5)},
    "settle-calendars": {"task": "royalties.tasks.settle_calendars", "schedule": crontab(hour=1, minute=30)},
    "remind-of-dues": {"task": "royalties.tasks.remind_of_dues", "schedule": crontab(hour=9, minute=0)},
    "make-bulk-files": {"task": "open_data.tasks.make_bulk_files", "schedule": crontab(hour=2, minute=10)},
    "seal-changes": {"task": "open_data.tasks.seal_changes", "schedule": 60.0},
    "send-webhooks": {"task": "open_data.tasks.send_webhooks", "schedule": 60.0},
    "count-voucher-totals": {
        "task": "open_data.tasks.count_voucher_totals",
        "schedule": crontab(hour=3, minute=40),
    },
    "tidy-feed": {"task": "open_data.tasks.tidy_feed", "schedule": crontab(hour=4, minute=20)},
    "send-alerts": {"task": "matching.tasks.send_alerts", "schedule": 60.0},
    "compile-searches": {"task": "matching.tasks.compile_searches", "schedule": 600.0},
    "push-news": {"task": "notifications.tasks.push_news", "schedule": 60.0},
    "refresh-statistics": {"task": "portal.tasks.refresh_statistics", "schedule": 3600.0},
    "look-after-searches": {"task": "matching.tasks.look_after_searches", "schedule": 3600.0},
}
# Assumption: no source says within how many days a firm answers in a negotiation. A holder's are its own promise.
NEGOTIATION_FIRM_ANSWER_DAYS = env.int("NEGOTIATION_FIRM_ANSWER_DAYS", 14)

# Web Push (VAPID, RFC 8292): 32 random bytes in base64url, by which services know this sender. Without one in
# production nothing is offered; elsewhere it is derived, so that a device that was added once stays.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", "" if PRODUCTION else derived_key(SECRET_KEY))
VAPID_SUBJECT = env.str("VAPID_SUBJECT", "mailto:ieum@example.org")

# Mail brake: how many mails one person may get in 24 hours before the rest waits for the digest.
MAIL_DAILY_CEILING = env.int("MAIL_DAILY_CEILING", 30)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "marketplace.core.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("http") else []
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", PRODUCTION) else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
    }
}

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
from marketplace.core.logs import logging_config  # noqa: E402

LOGGING = logging_config(level=LOG_LEVEL, as_json=PRODUCTION)
DJANGO_STRUCTLOG_CELERY_ENABLED = True

SILENCED_SYSTEM_CHECKS: list[str] = []
