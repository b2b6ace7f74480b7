"""One settings file. Runs with nothing set (embedded services of this folder); production sets the environment."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import pghistory
from celery.schedules import schedule
from django.conf import global_settings

from factcheck import embedded, env, logs
from reviews.reasons import NAMED_CHOICES

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.read(
    "DEBUG", env.flag, default="0", expects="yes or no", help="Error pages with code. Never in production."
)
PRODUCTION = env.read(
    "PRODUCTION", env.flag, default="0", expects="yes or no",
    help="Refuses to start on what is meant for a laptop, and sends cookies over HTTPS only.",
)  # fmt: skip
if PRODUCTION:
    env.require("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL", for_the_sake_of="PRODUCTION")
    if DEBUG:
        env.stop("DEBUG must be off when PRODUCTION is on.")


def _secret_key(value: str) -> str:
    if value:
        if len(value) < 32:
            raise ValueError("shorter than 32 characters")
        return value
    if PRODUCTION:
        return ""  # and was asked for above
    # Kept beside the data, so that sessions survive a restart of a laptop's installation.
    path = embedded.home() / "secret_key"
    if not path.exists() or len(path.read_text()) < 32:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a process killed in between, or reading in between, must not find half a key.
        made = path.with_suffix(f".{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        made.replace(path)
    return path.read_text()


SECRET_KEY = env.read(
    "SECRET_KEY", _secret_key, default="", expects="32 random characters or more", secret=True,
    help="Signs sessions and cursors. Made and kept in the data folder when not set.",
)  # fmt: skip
SECRET_KEY_FALLBACKS = env.read(
    "SECRET_KEY_FALLBACKS", env.listed, default="", expects="earlier values of SECRET_KEY, comma separated", secret=True,
    help="What was signed with them, and webhook secrets made with them, still count.",
)  # fmt: skip
ALLOWED_HOSTS = env.read(
    "ALLOWED_HOSTS", env.listed, default="localhost,127.0.0.1,[::1]", expects="host names, comma separated",
    help="Names under which browsers and clients reach the server.",
)  # fmt: skip
CSRF_TRUSTED_ORIGINS = env.read(
    "CSRF_TRUSTED_ORIGINS", env.listed, default="", expects="origins with scheme, comma separated",
    help="Other origins whose forms are accepted.",
)  # fmt: skip
CORS_ALLOWED_ORIGINS = env.read(
    "CORS_ALLOWED_ORIGINS", env.origins, default="", expects="origins like https://desk.example, comma separated",
    help="Front ends on other origins whose scripts may use the API.",
)  # fmt: skip
TRUSTED_PROXIES = env.read(
    "TRUSTED_PROXIES", env.between(0, 9), default="0", expects="a number from 0 to 9",
    help="Proxies before the web server. With one or more, X-Forwarded-Proto and X-Forwarded-For are believed: each must set them.",
)  # fmt: skip

INSTALLED_APPS = [
    "factcheck.accounts.admin_config.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "factcheck",
    "factcheck.accounts",
    "factcheck.audit",
    "factcheck.notifications",
    "factcheck.webhooks",
    "claims",
    "reviews",
]

MIDDLEWARE = [
    "factcheck.middleware.RequestId",
    "factcheck.security.SecurityHeaders",
    "factcheck.api.chunks.NoChunks",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "factcheck.admin.uploading.FormsWithFiles",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "factcheck.accounts.gate.Gate",
    "factcheck.throttles.Throttling",
]

ROOT_URLCONF = "factcheck.urls"
WSGI_APPLICATION = "factcheck.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "factcheck.database",
        **env.read(
            "DATABASE_URL",
            env.database,
            default=embedded.database_url(),
            secret=True,
            expects="a URL like postgresql://user:password@host:5432/name",
            help="PostgreSQL 15 or newer. The embedded one of this folder when not set.",
        ),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
STATEMENT_TIMEOUT_SECONDS = env.read(
    "STATEMENT_TIMEOUT_SECONDS", env.between(1, 3600), default="5", expects="seconds from 1 to 3600",
    help="Longest database statement of a web request. Jobs take a minute at most, commands what they need.",
)  # fmt: skip
_prepares = env.read(
    "DATABASE_PREPARES", env.flag, default="yes", expects="yes or no",
    help="Whether the server keeps the plans of statements that are asked all day: no behind a PgBouncer before 1.21.",
)  # fmt: skip
# Lock waits and idle transactions end soon, so that one stuck client cannot hold up a desk.
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": "2",
    "server_side_binding": False,
    "prepare_threshold": 0 if _prepares else None,
    "options": "-c lock_timeout=2s -c idle_in_transaction_session_timeout=10s",
}

BROKER_URL = env.read(
    "BROKER_URL", env.broker, default=embedded.broker_url(), secret=True,
    expects="a redis://, rediss://, redis+socket:// or amqp(s):// URL",
    help="Celery's broker: Valkey or Redis, RabbitMQ in production. The embedded one of this folder when not set.",
)  # fmt: skip

DATA_FOLDER = env.read(
    "FACTCHECK_HOME", lambda _: embedded.home(), default="", expects="a folder",
    help="Where the embedded services, and evidence, keep their data: `.local` beside manage.py when not set.",
)  # fmt: skip
WEB_HOST = env.read(
    "WEB_HOST", env.text, default="127.0.0.1", expects="an address of this machine", help="Where `up` listens."
)
PORT = env.read(
    "PORT", env.between(0, 65535), default="8000", expects="a port", help="Where `up` listens; 0: any free."
)
DEMO = env.read(
    "DEMO", env.flag, default="0" if os.environ.get("DATABASE_URL") else "1", expects="yes or no",
    help="Whether `up` loads the demo data: yes in the embedded database, no in one of your own.",
)  # fmt: skip
if PRODUCTION and DEMO:
    env.stop("DEMO must be off when PRODUCTION is on.")

WORKER_CONCURRENCY = env.read(
    "WORKER_CONCURRENCY",
    env.between(1, 256),
    default="2",
    expects="a number from 1 to 256",
    help="Processes of one worker.",
)
JOB_TIME_LIMIT_SECONDS = env.read(
    "JOB_TIME_LIMIT_SECONDS", env.between(1, 3600), default="60", expects="seconds from 1 to 3600",
    help="A job that takes longer is stopped and counts as failed.",
)  # fmt: skip
SWEEP_SECONDS = env.read(
    "SWEEP_SECONDS", env.between(1, 300), default="5", expects="seconds from 1 to 300",
    help="How often beat looks for jobs whose message was lost.",
)  # fmt: skip

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY
CELERY_TASK_SOFT_TIME_LIMIT = JOB_TIME_LIMIT_SECONDS
CELERY_TASK_TIME_LIMIT = JOB_TIME_LIMIT_SECONDS + 15
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# Whoever sends a nudge waits for no broker that is away: by default it would be tried again for six seconds.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 1, "interval_start": 0}
if BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        # Longer than the hard time limit, or a slow job would be delivered a second time while it runs.
        "visibility_timeout": JOB_TIME_LIMIT_SECONDS + 60,
        "unacked_restore_interval": 5,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "socket_keepalive": True,
    }
else:
    # On every node of RabbitMQ, and sent only once a majority has written it down.
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    # Celery delays messages through topics only.
    CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
    # Short of memory or disk, RabbitMQ keeps connections and answers nothing: without a limit, senders would wait for ever.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"confirm_publish": True, "read_timeout": 2, "write_timeout": 2}
CELERY_BEAT_SCHEDULE = {
    "fold_audit": {"task": "factcheck.fold_audit", "schedule": schedule(60), "options": {"expires": 60}},
    "forget": {"task": "factcheck.forget", "schedule": schedule(3600), "options": {"expires": 3600}},
    "tend_reviews": {"task": "reviews.tend", "schedule": schedule(60), "options": {"expires": 60}},
    "sweep": {"task": "factcheck.sweep", "schedule": schedule(SWEEP_SECONDS), "options": {"expires": SWEEP_SECONDS}},
}

FETCH_ALLOW = env.read(
    "FETCH_ALLOW", env.hosts_and_ports, default="", expects="host:port pairs, comma separated",
    help="Servers that are fetched though they are not public, or listen on another port than 80 and 443.",
)  # fmt: skip

WEBHOOK_TIMEOUT_SECONDS = env.read(
    "WEBHOOK_TIMEOUT_SECONDS", env.between(1, 30), default="15", expects="seconds from 1 to 30",
    help="How long a receiver of webhooks has to answer.",
)  # fmt: skip
WEBHOOK_PATIENCE_DAYS = env.read(
    "WEBHOOK_PATIENCE_DAYS", env.between(1, 90), default="5", expects="days from 1 to 90",
    help="An endpoint that took nothing for so long, though it was sent something, is disabled and its owner told.",
)  # fmt: skip
WEBHOOK_KEPT_DAYS = env.read(
    "WEBHOOK_KEPT_DAYS", env.between(1, 3650), default="30", expects="days from 1 to 3650",
    help="How long deliveries are kept after they ended, with their attempts; until then they can be sent again.",
)  # fmt: skip

PUBLIC_LICENCE = env.read(
    "PUBLIC_LICENCE", env.text, default="", expects="an address like https://creativecommons.org/licenses/by/4.0/",
    help="Under which licence others may use what is published: the DataFeed names it.",
)  # fmt: skip

_email = env.read(
    "EMAIL_URL", env.email, default="", secret=True, expects="a URL like smtp://user:password@host:587?tls=yes or smtps://host",
    help="The server that e-mails are sent through. None are sent when not set.",
)  # fmt: skip
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _email else 'dummy'}.EmailBackend"
# Empty where nothing is sent: nobody is queued for an e-mail then.
EMAIL_HOST, EMAIL_PORT = _email.get("host", ""), _email.get("port", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.get("user", ""), _email.get("password", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("starttls", False), _email.get("tls", False)
EMAIL_TIMEOUT = 10  # seconds for each answer of the server; a job has sixty
DEFAULT_FROM_EMAIL = env.read(
    "EMAIL_FROM", env.mailbox, default="factcheck@localhost", expects="an address like desk@example.org, or Desk <desk@example.org>",
    help="Whom e-mails are from; needed with EMAIL_URL.",
)  # fmt: skip
if _email:
    env.require("EMAIL_FROM", for_the_sake_of="EMAIL_URL")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["factcheck.accounts.authentication.Backend"]
# None of allauth's own addresses is mounted: `factcheck.accounts.signing_in` runs its sign-in, in stages to which second factors are added.
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
ACCOUNT_ADAPTER = "factcheck.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # ours count, in factcheck.throttles
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Past rows are looked for by their row and their transaction alone.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = env.read(
    "STATIC_ROOT", env.text, default="", expects="a folder",
    help="Where collectstatic put the assets; they are served from the packages themselves when not set.",
)  # fmt: skip
WHITENOISE_USE_FINDERS = not STATIC_ROOT
STORAGES = {
    **global_settings.STORAGES,
    "evidence": env.read(
        "EVIDENCE_STORAGE", env.storage, secret=True,
        default=f'reviews.evidence.files.EvidenceFiles {json.dumps({"location": str(DATA_FOLDER / "evidence")})}',
        expects="the dotted path of a Django storage, a space, and its options as a JSON object",
        help="Where captured pages and uploads are kept, for all web and worker processes: a folder of the data folder when not set.",
    ),
}  # fmt: skip

APPEND_SLASH = False


def _same_site(value: str) -> str:
    if env.one_of("lax", "none")(value) == "none" and not PRODUCTION:
        raise ValueError("browsers take such cookies over HTTPS only: turn PRODUCTION on")
    return value.title()


SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = env.read(
    "COOKIES_SAME_SITE", _same_site, default="lax", expects="lax or none",
    help="none: sessions also for front ends on another site, where their browsers allow it. Subdomains of one site need nothing.",
)  # fmt: skip
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
# A name that browsers take over HTTPS only, for this very host and all its paths.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    f"{'__Host-' if PRODUCTION else ''}{name}" for name in ("sessionid", "csrftoken")
)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
# Probes ask from inside, past the proxy that speaks HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
# Whether browsers carry the domain in their lists is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "factcheck.accounts.sessions"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "factcheck.api.problems.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes; the longest article that a newsroom sent us had 400 kB
DATA_UPLOAD_MAX_NUMBER_FILES = 0  # no form here takes one, and their size has no limit

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = True  # to the listed origins alone
CORS_ALLOW_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-csrftoken", "x-request-id",
)  # fmt: skip
CORS_EXPOSE_HEADERS = (
    "Content-Location", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id",
)  # fmt: skip
CORS_PREFLIGHT_MAX_AGE = 600  # seconds

CACHES = {
    "default": env.read(
        "CACHE_URL", env.cache, default=env.cache_beside(BROKER_URL), secret=True,
        expects="a redis://, rediss:// or redis+socket:// URL",
        help="Where requests are counted, shared by all web processes: the broker's next logical database when it has such.",
    )
}  # fmt: skip
THROTTLE_USER = env.read(
    "THROTTLE_USER", env.rate, default="6000/60", expects="requests/seconds", help="Requests of one user to the API."
)
THROTTLE_WRITES = env.read(
    "THROTTLE_WRITES", env.rate, default="3000/60", expects="requests/seconds", help="Writing requests among them."
)
THROTTLE_ANONYMOUS = env.read(
    "THROTTLE_ANONYMOUS", env.rate, default="600/60", expects="requests/seconds",
    help="Requests to the API of one address that is not signed in, refused ones included.",
)  # fmt: skip
THROTTLE_SIGN_IN = env.read(
    "THROTTLE_SIGN_IN", env.rate, default="5/300", expects="attempts/seconds",
    help="Attempts of one address to sign in under one name; ten times as many under all names, or from all addresses.",
)  # fmt: skip
THROTTLE_CORRECTIONS = env.read(
    "THROTTLE_CORRECTIONS", env.rate, default="10/3600", expects="requests/seconds", help="Correction requests of one address.",
)  # fmt: skip
THROTTLE_CORRECTIONS_OF_ALL = env.read(
    "THROTTLE_CORRECTIONS_OF_ALL", env.rate, default="200/3600", expects="requests/seconds",
    help="Correction requests of all strangers together: each is read by a person.",
)  # fmt: skip

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "factcheck.accounts.authentication.TokenAuthentication",
        "factcheck.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["factcheck.accounts.permissions.MeetsNeed"],
    "DEFAULT_RENDERER_CLASSES": ["factcheck.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["factcheck.api.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "factcheck.api.openapi.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["factcheck.api.throttles.PerCaller"],
    "DEFAULT_FILTER_BACKENDS": ["factcheck.api.filters.StrictFilters"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "factcheck.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "factcheck.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fact-check API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    # All operations and schemas at once keep a browser busy for minutes: each kind is opened by whoever wants it.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "defaultModelsExpandDepth": -1},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Every enumeration has a name that no other field can take from it: a test holds that none is missing here.
    "ENUM_NAME_OVERRIDES": {
        **NAMED_CHOICES,
        "BulkAction": "claims.forms.BULK_ACTIONS",
        "CorrectionRequestAction": "reviews.corrections.ACTION_CHOICES",
        "CorrectionRequestState": "reviews.corrections.STATE_CHOICES",
        "CommentField": "reviews.commenting.ANCHOR_FIELD_CHOICES",
        "ChangeKind": "reviews.models.publication.Change.KINDS",
        "ClaimKind": "claims.models.Claim.Kind",
        "ClaimModality": "claims.models.Claim.Modality",
        "EditedField": "claims.pipeline.editing.EDITED",
        "ExtractionStatus": "claims.models.ExtractionRun.Status",
        "FactCheckStatus": "reviews.models.Status",
        "ImportFormat": "claims.pipeline.uploads.FORMAT_CHOICES",
        "OnDuplicate": "claims.pipeline.rows.ON_DUPLICATE_CHOICES",
        "MinorKind": "reviews.forms.MINOR_CHOICES",
        "RevisionKind": "reviews.models.FactCheckRevision.Kind",
        "DecisionBasis": "reviews.models.Decision.Basis",
        "ImportRunState": "claims.models.ImportRun.State",
        "JobState": "factcheck.models.JobState",
        "MatchKind": "claims.serializers.MATCH_KIND_CHOICES",
        "MatchState": "claims.matching.decisions.STATE_CHOICES",
        "ReviewAction": "reviews.stages.ACTION_CHOICES",
        "ReviewReason": "reviews.reasons.REASON_CHOICES",
        "ReviewStage": "reviews.facts.STAGE_CHOICES",
        "Risk": "claims.triage.RISK_CHOICES",
        "RoundOutcome": "reviews.models.Round.Outcome",
        "Role": "factcheck.accounts.roles.ROLE_CHOICES",
        "Scope": "factcheck.accounts.roles.SCOPE_CHOICES",
        "SearchSide": "reviews.facts.SIDE_CHOICES",
        "SelectionGroup": "reviews.statistics.GROUP_CHOICES",
        "SentBackTo": "reviews.forms.SENT_BACK_TO_CHOICES",
        "SnapshotCheckOutcome": "reviews.models.SnapshotCheck.Outcome",
        "Stance": "reviews.facts.STANCE_CHOICES",
        "TriageAction": "claims.triage.ACTION_CHOICES",
        "TriageBlocker": "claims.serializers.BLOCKERS",
        "TriageReason": "claims.triage.REASON_CHOICES",
        "TriageStatus": "claims.triage.STATUS_CHOICES",
        "VerdictKind": "reviews.models.Verdict.Kind",
        "WebhookAudience": "factcheck.webhooks.types.AUDIENCE_CHOICES",
        "WebhookDeliveryState": "factcheck.webhooks.models.DeliveryState",
        "WebhookDisabledReason": "factcheck.webhooks.models.DisabledReason",
        "WebhookEventName": "factcheck.webhooks.types.choices",
        "WebhookSentName": "factcheck.webhooks.types.sent_choices",
        "WithdrawalReason": "claims.withdrawal.REASON_CHOICES",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "factcheck.api.openapi.describe"],
}

METRICS_TOKEN = env.read(
    "METRICS_TOKEN", env.secret(16), default="", expects="16 characters or more", secret=True,
    help="Who sends it as a bearer may read /metrics. Without one, this machine alone may.",
)  # fmt: skip
LOG_FORMAT = env.read(
    "LOG_FORMAT", env.one_of(*logs.FORMATS), default="json" if PRODUCTION else "text", expects="text or json",
    help="One line for a person, or one JSON object, per event: json in production when not set.",
)  # fmt: skip
LOGGING = logs.configuration(
    LOG_FORMAT,
    [SECRET_KEY, *SECRET_KEY_FALLBACKS, METRICS_TOKEN, str(DATABASES["default"]["PASSWORD"]), str(EMAIL_HOST_PASSWORD)],
)
