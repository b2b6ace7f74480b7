#!/bin/sh
# What a container of the image runs: web, worker, beat, migrate; anything else is a command of manage.py.
set -eu

case "${1:-web}" in
web)
    exec gunicorn --config python:factcheck.gunicorn --bind "${WEB_HOST:-0.0.0.0}:${PORT:-8000}" --worker-tmp-dir /dev/shm --no-control-socket \
        factcheck.wsgi:application
    ;;
worker)
    exec celery --quiet --app factcheck worker --loglevel INFO --without-gossip --without-mingle
    ;;
beat)
    # The schedule says when each entry ran last; after a restart all of them are simply due.
    exec celery --quiet --app factcheck beat --loglevel WARNING --schedule /tmp/beat-schedule --pidfile=
    ;;
migrate)
    exec python3 manage.py migrate --no-input
    ;;
*)
    exec python3 manage.py "$@"
    ;;
esac
