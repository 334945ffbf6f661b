"""All settings, read from the environment; `docs/configuration.md` names every variable.

Casts fail loudly on nonsense. Secrets may come from a file: `NAME_FILE=/run/secrets/name`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF

ROOT = Path(__file__).resolve().parent.parent
BASE_DIR = ROOT
env = environ.FileAwareEnv()

# --- Where we run -------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
SECRET_KEYS = env.list("SECRET_KEYS", default=["only-for-development"] if DEBUG else environ.Env.NOTSET)
SECRET_KEY = SECRET_KEYS[0]
SECRET_KEY_FALLBACKS = SECRET_KEYS[1:]
WEB_THREADS = env.int(
    "WEB_THREADS", default=8
)  # pages served at once, per web process; each keeps a connection

# --- PostgreSQL and Valkey ----------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["server_side_binding"] = False
REDIS_URL = env.str("REDIS_URL")  # without a database number: broker, tokens and cache take one each
REDIS_BROKER_DB = env.int("REDIS_BROKER_DB", default=0)
REDIS_TOKENS_DB = env.int("REDIS_TOKENS_DB", default=1)
REDIS_CACHE_DB = env.int("REDIS_CACHE_DB", default=2)


def redis_database(number: int) -> str:
    """The address of one database of `REDIS_URL`, keeping its query parameters."""
    base, _mark, query = REDIS_URL.partition("?")
    return f"{base.rstrip('/')}/{number}" + (f"?{query}" if query else "")


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_database(REDIS_CACHE_DB),
    }
}
LIVE_REDIS_URL = redis_database(REDIS_CACHE_DB)  # pub/sub of live updates
TOKENS_REDIS_URL = redis_database(REDIS_TOKENS_DB)

# --- Providers ----------------------------------------------------------------------------------------------

LINE_API_URL = env.str("LINE_API_URL", default="https://api.line.me")
LINE_DATA_API_URL = env.str("LINE_DATA_API_URL", default="https://api-data.line.me")
GRAPH_API_URL = env.str("GRAPH_API_URL", default="https://graph.facebook.com")
# Where Meta keeps the media of messages; whatever stands in for the Graph API keeps them itself.
GRAPH_MEDIA_URL = env.str(
    "GRAPH_MEDIA_URL",
    default="https://lookaside.fbsbx.com" if "facebook.com" in GRAPH_API_URL else GRAPH_API_URL,
)
INSTAGRAM_API_URL = env.str("INSTAGRAM_API_URL", default="https://graph.instagram.com")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")  # empty: no card payments
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
GRAPH_VERSION = env.str("GRAPH_VERSION", default="v25.0")
PROVIDER_URLS = {
    "line": LINE_API_URL,
    "line_data": LINE_DATA_API_URL,
    "graph": f"{GRAPH_API_URL}/{GRAPH_VERSION}",  # adapters name no version
    "graph_media": GRAPH_MEDIA_URL,
    "instagram": f"{INSTAGRAM_API_URL}/{GRAPH_VERSION}",
}

# Where the sandbox of rehearsals listens. Nothing but their own worker (REHEARSING) sends to it, and that nowhere else.
REHEARSAL_URL = env.str("REHEARSAL_URL", default="").rstrip("/")
REHEARSAL_WEBHOOKS_URL = env.str("REHEARSAL_WEBHOOKS_URL", default=PUBLIC_URL).rstrip("/")
REHEARSAL_ANYWHERE = env.bool("REHEARSAL_ANYWHERE", default=False)
REHEARSING = env.bool("REHEARSING", default=False)
if REHEARSING:
    PROVIDER_URLS = {
        name: f"{REHEARSAL_URL}/{GRAPH_VERSION}" if name in ("graph", "instagram") else REHEARSAL_URL
        for name in PROVIDER_URLS
    }

LIVE_HEARTBEAT_S = env.float(
    "LIVE_HEARTBEAT_S", default=20.0
)  # between two signs of life of an open page's stream

# --- The engine ---------------------------------------------------------------------------------------------

ENGINE_TIME_SCALE = env.float("ENGINE_TIME_SCALE", default=1.0)  # fault runs shrink every engine time with it
SHARD_PEOPLE = env.int("SHARD_PEOPLE", default=1_000)  # that a worker leases together
PREPARE_CHUNK = env.int("PREPARE_CHUNK", default=50_000)  # chats written by one transaction
SEND_CONNECTIONS = env.int(
    "SEND_CONNECTIONS", default=512
)  # open at once to the providers, per worker process
PROVIDER_CA_FILE = env("PROVIDER_CA_FILE", default="")
PROVIDER_TIMEOUT_S = env.float("PROVIDER_TIMEOUT_S", default=20.0)

# --- Uploads ------------------------------------------------------------------------------------------------

MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(ROOT / ".data" / "media"))()
MEDIA_URL = "/files/"  # never linked: providers use /m/<key>/
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=100 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", default=4 * 1024 * 1024)

# --- Django -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "tenants",
    "billing",
    "channels",
    "templates_app",
    "conversations",
    "campaigns",
    "workspace",
    "broadcaster",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.TenantMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.DomainErrorMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]
ROOT_URLCONF = "broadcaster.urls"
WSGI_APPLICATION = "broadcaster.wsgi.application"
ASGI_APPLICATION = "broadcaster.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "broadcaster.navigation.frame",
                "workspace.credit.notice.credit_notice",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "tenants.templatetags.frame",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(ROOT / "staticfiles"))()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # as at the start, also when tests turn DEBUG off

# --- People -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "tenants.accounts.AccountAdapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SIGN_UP = env.bool("SIGN_UP", default=False)
MFA_ADAPTER = "tenants.accounts.MfaAdapter"
MFA_TOTP_ISSUER = "Broadcaster"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
globals().update(**EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Broadcaster <broadcaster@localhost>")

# --- Languages and times ------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hant", "繁體中文"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["broadcaster.formats"]

# --- Security -----------------------------------------------------------------------------------------------

HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
CSRF_FAILURE_VIEW = "tenants.pages.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}

# --- API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["workspace.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["workspace.api.throttling.TokenThrottle"],
    "EXCEPTION_HANDLER": "workspace.api.problems.answer_problem",
    "UNAUTHENTICATED_USER": None,
}
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=600)  # for each API token
API_BURST = env.int("API_BURST", default=100)  # of them at once
SPECTACULAR_SETTINGS = {
    "TITLE": "Broadcaster API",
    "DESCRIPTION": "Everything the screens do, for other programs. Guide: docs/api.md.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",  # grouped by what follows it
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": ["workspace.api.schema.describe_conventions"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Celery: tasks are doorbells, the row is the truth ------------------------------------------------------

CELERY_BROKER_URL = redis_database(REDIS_BROKER_DB)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker may be away for an hour: workers wait for it
TASK_HARD_LIMIT_S = max(75 * ENGINE_TIME_SCALE, 2)  # kept by broadcaster/time_limit.py, not by Celery
# In fault runs too: no lease depends on it, and a batch that is cut off would begin anew for ever.
TASK_OWN_LIMITS_S = {"channels.tasks.absorb": 75}
CELERY_DB_REUSE_MAX = 1_000_000  # otherwise Celery's Django fix-up closes the connection after every task
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "channels.tasks.absorb": {"queue": "webhooks"},
    "conversations.tasks.send_replies": {"queue": "replies"},
    "campaigns.tasks.send_slice": {"queue": "send"},
}
CELERY_WORKER_PROC_ALIVE_TIMEOUT = (
    60.0  # 4 s, its default, kills every new process of a worker on a busy machine
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False

# --- Logs ---------------------------------------------------------------------------------------------------

LOG_JSON = env.bool("LOG_JSON", default=not DEBUG)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
]
structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if LOG_JSON
            else structlog.dev.ConsoleRenderer(
                colors=False,
                exception_formatter=structlog.dev.plain_traceback,  # rich's takes long and shows secrets: locals
            ),
            "foreign_pre_chain": _SHARED,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.request": {"level": "ERROR"}},
}
DJANGO_STRUCTLOG_CELERY_ENABLED = False
TESTING = "PYTEST_VERSION" in os.environ
