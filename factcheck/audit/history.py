"""Rows as they were before each change, kept by triggers: whoever made it, verb, bulk write, shell or raw SQL.

The events say who did what and why; these rows say what stood there. Both carry the number of their transaction, so one leads to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import AppConfig
from django.db import connections, models
from pghistory.models import Event

from factcheck.audit.models import current_transaction

M = TypeVar("M", bound=models.Model)


class PastRow(Event):
    """A row's columns as they were before a change, and which transaction changed it."""

    pgh_id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=current_transaction(), editable=False, db_index=True)

    class Meta:
        abstract = True


def _refusing(name: str, operation: pgtrigger.Operation, level: pgtrigger.Level, but: str = "") -> pgtrigger.Trigger:
    refuse = "RAISE EXCEPTION '% is insert-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';"
    return pgtrigger.Trigger(name=name, operation=operation, level=level, when=pgtrigger.Before, func=but + refuse)


def _but_erasing(model: type[models.Model], erased: Mapping[str, str]) -> str:
    """Lets an UPDATE through that makes these columns what is given, and leaves the others, where `<table>_is_erased` says so."""
    if not erased:
        return ""
    columns = " AND ".join(f"NEW.{name} = {value}" for name, value in erased.items())
    names = ", ".join(f"'{name}'" for name in erased)
    others = f"to_jsonb(NEW) - ARRAY[{names}] = to_jsonb(OLD) - ARRAY[{names}]"
    asked = f"{model._meta.db_table}_is_erased(to_jsonb(OLD))"
    return f"IF TG_OP = 'UPDATE' AND {columns} AND {others} AND {asked} THEN RETURN NEW; END IF; "


def keeps_past(
    *watched: str,
    exclude: Sequence[str] = (),
    name: str = "",
    with_inserts: bool = False,
    erased: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[type[M]], type[M]]:
    """A model whose rows are kept as they were before an UPDATE that changes one of the `watched` columns, and before a DELETE.

    `exclude` names columns that are not kept: what machines refresh, and what nobody may read. `with_inserts` keeps new rows too, for
    a model in which only inserting and deleting mean something. The rows are those of `Past<Model>`, insert-only like the record.

    `erased` are columns whose words may have to go for good, each with what is left of it (in SQL): the one change that past rows let
    through, and only where the function `<table>_is_erased(past row)` of the database says that the row itself was erased.
    """

    def keep(model: type[M]) -> type[M]:
        trackers: list[pghistory.Tracker] = [pghistory.DeleteEvent(trigger_name="keep_deleted")]
        if watched:
            condition = pgtrigger.AnyChange(*watched)
            trackers.append(pghistory.UpdateEvent(row="OLD", condition=condition, trigger_name="keep_changed"))
        if with_inserts:
            trackers.append(pghistory.InsertEvent(trigger_name="keep_inserted"))
        pghistory.track(
            *trackers,
            exclude=list(exclude),
            base_model=PastRow,
            model_name=f"Past{name or model.__name__}",
            obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+", db_index=True),
            context_field=None,  # type: ignore[arg-type]  # documented, but not in its types
            meta={
                "triggers": [
                    _refusing(
                        "is_final", pgtrigger.Update | pgtrigger.Delete, pgtrigger.Row, _but_erasing(model, erased)
                    ),
                    _refusing("stays", pgtrigger.Truncate, pgtrigger.Statement),
                ]
            },
        )(model)
        return model

    return keep


def forbid_ignoring(sender: AppConfig, using: str = "default", **_: Any) -> None:
    """pgtrigger lets every session switch its triggers off (`SET pgtrigger.ignore`). Not these: nobody works without a record."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean "
            "LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )
