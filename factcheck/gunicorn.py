"""How the web server is run everywhere: `gunicorn --config python:factcheck.gunicorn factcheck.wsgi:application`."""

from django.conf import settings

# A filter takes up to 200 ids separated by commas; the default of 4,094 bytes ends at 110.
limit_request_line = 8190
workers = 2
threads = 4
graceful_timeout = 5
# Access lines are ours, with the request's id: gunicorn writes none.
logconfig_dict = settings.LOGGING
