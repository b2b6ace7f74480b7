"""Vectors in the database: pgvector, without which nothing is compared."""

from django.core.management.base import CommandError
from django.db import migrations

from factcheck.database.pgvector import what_is_missing


def add(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if missing := what_is_missing(cursor):
            raise CommandError(missing)
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_past_rows")]

    # Others in the same database may use it too: undone, it stays.
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
