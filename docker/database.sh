#!/bin/sh
# Makes the database and its two roles: `factcheck_owner` migrates, `factcheck` serves. What guards the record are triggers, which a
# superuser or the owner of their tables could switch off; the application is neither. The PostgreSQL image runs this once, on an empty
# volume. It may be run again, and parts the roles of an installation in which `factcheck` was the owner.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set database="${DATABASE_NAME:-factcheck}" --set password="$DATABASE_PASSWORD" --set owner_password="$DATABASE_OWNER_PASSWORD" <<'SQL'
SELECT 'CREATE ROLE ' || role FROM unnest(ARRAY['factcheck', 'factcheck_owner']) role WHERE to_regrole(role) IS NULL \gexec
ALTER ROLE factcheck LOGIN PASSWORD :'password';
ALTER ROLE factcheck_owner LOGIN PASSWORD :'owner_password';
SELECT format('CREATE DATABASE %I', :'database') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO factcheck_owner;
\connect :"database"
REASSIGN OWNED BY factcheck TO factcheck_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO factcheck;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO factcheck;
ALTER DEFAULT PRIVILEGES FOR ROLE factcheck_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO factcheck;
ALTER DEFAULT PRIVILEGES FOR ROLE factcheck_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO factcheck;
-- Only a superuser may add it, and to a database: `migrate` finds it there.
SELECT 'CREATE EXTENSION vector' WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') \gexec
-- A temporary table of the name of a past one would be found before it.
REVOKE TEMPORARY ON DATABASE :"database" FROM PUBLIC;
SQL
