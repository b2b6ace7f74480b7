"""The application as the tests have it: nobody is throttled, and hundreds of wrong passwords are compared in little time."""

from django.conf import settings

from factcheck.wsgi import application

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

__all__ = ["application"]
