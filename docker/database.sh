#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume. The application's role owns its database and nothing else: triggers that
# guard the record could be switched off by a superuser.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$DATABASE_PASSWORD" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE factcheck LOGIN PASSWORD :'password';
CREATE DATABASE factcheck OWNER factcheck;
SQL
