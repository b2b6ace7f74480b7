"""JSON in the document as exactly as the code knows it: the types that make a value are also what clients are told of it.

A dataclass or TypedDict becomes a component of its own name whose members are all required, but for those marked `NotRequired`; a
`Literal` becomes an enumeration named after its class and member; a kind of problem becomes its document. `Any` is any JSON.

    quantities = TypedJSONField(list[Quantity])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from inspect import get_annotations, isfunction
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent, build_array_type, build_basic_type, build_object_type
from rest_framework import serializers

from factcheck.errors import Problem

Schema = dict[str, Any]

ANY_JSON = "JsonValue"


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One thing wrong with one place of the request."""

    may_be_absent = ("pointer", "parameter", "header")

    code = serializers.CharField()
    detail = serializers.CharField()
    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901) into the body.")
    parameter = serializers.CharField(help_text="Name of the query parameter.")
    header = serializers.CharField(help_text="Name of the header.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. The code tells which further members there are."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, never translated; listed at /api/v1/problems.")
    request_id = serializers.CharField()
    errors = FieldErrorSerializer(many=True)


class TypedJSONField(serializers.JSONField):
    """A column of JSON, shown as it is. `shape` is the type of what stands there; a function of it where it is known only later.

    `name` is for an enumeration that stands there bare.
    """

    def __init__(self, shape: Any | Callable[[], Any], *, name: str = "", **options: Any) -> None:
        super().__init__(read_only=True, **options)
        self.shape, self.name = shape, name


class TypedJSON(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = TypedJSONField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:
        shape = self.target.shape
        return schema_of(shape() if isfunction(shape) else shape, auto_schema, name=self.target.name)


def schema_of(hint: Any, auto_schema: Any, *, name: str = "") -> Schema:
    """The schema of a value of this type; what has a name of its own is registered as a component. `name` is for an enumeration."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return _component(ANY_JSON, hint, auto_schema, _any_json)
    if hint in (None, NoneType):
        return {"type": "null"}
    if origin is NotRequired:
        return schema_of(args[0], auto_schema, name=name)
    if origin in (Union, UnionType):
        return _union([schema_of(each, auto_schema, name=name) for each in args])
    if origin in (list, tuple):
        return build_array_type(schema_of(args[0], auto_schema, name=name))
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1], auto_schema)}
    if origin is Literal and len(args) == 1:
        return dict(build_basic_type(type(args[0])) or {}) | {"const": args[0]}
    if origin is Literal:
        return _enumeration(name, args, auto_schema)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration(name or hint.__name__, [member.value for member in hint], auto_schema)
    if isinstance(hint, type) and issubclass(hint, Problem):
        return problem_schema(hint, auto_schema)
    if is_typeddict(hint) or is_dataclass(hint):
        return _component(hint.__name__, hint, auto_schema, lambda: _object(hint, auto_schema))
    basic = build_basic_type(hint)
    if basic is None:
        warn(f"no schema is known for {hint!r}")
    return dict(basic or {})


def problem_schema(kind: type[Problem], auto_schema: Any) -> Schema:
    """The document of one kind of problem: what all have, its own code and status, and its further members."""
    base: Schema = auto_schema.resolve_serializer(ProblemSerializer, "response").ref

    def document() -> Schema:
        own = {
            "code": {"type": "string", "const": kind.code},
            "status": {"type": "integer", "const": kind.status},
        }
        extra, required = _members(kind.Extra, auto_schema)
        return {"description": kind.title, "allOf": [base, build_object_type(own | extra, [*own, *required])]}

    return _component(f"{_camel(kind.code)}Problem", kind.code, auto_schema, document)


def _object(hint: Any, auto_schema: Any) -> Schema:
    properties, required = _members(hint, auto_schema)
    # A dataclass without a docstring is given its signature for one.
    description = "" if (hint.__doc__ or "").startswith(f"{hint.__name__}(") else (hint.__doc__ or "").strip()
    schema: Schema = build_object_type(properties, required, description=description)
    return schema


def _members(hint: Any, auto_schema: Any) -> tuple[Schema, list[str]]:
    hints = get_type_hints(hint, include_extras=True)
    homes = {name: cls.__name__ for cls in reversed(hint.__mro__) for name in get_annotations(cls)}
    properties = {
        name: schema_of(each, auto_schema, name=homes.get(name, hint.__name__) + _camel(name))
        for name, each in hints.items()
    }
    # `__required_keys__` takes annotations that are strings for required.
    return properties, [name for name, each in hints.items() if get_origin(each) is not NotRequired]


def _union(schemas: list[Schema]) -> Schema:
    null = {"type": "null"}
    others = [schema for schema in schemas if schema != null]
    if len(others) == 1 and isinstance(others[0].get("type"), str) and null in schemas:
        return others[0] | {"type": [others[0]["type"], "null"]}
    return {"anyOf": schemas}


def _enumeration(name: str, values: Any, auto_schema: Any) -> Schema:
    return _component(name, name, auto_schema, lambda: {"type": "string", "enum": list(values)})


def _any_json() -> Schema:
    # Not of itself all the way down: TypeScript refuses a member that names itself.
    scalars = [{"type": each} for each in ("null", "boolean", "number", "string")]
    deeper = [{"type": "array", "items": {}}, {"type": "object", "additionalProperties": {}}]
    return {"description": "Any JSON.", "anyOf": [*scalars, *deeper]}


def _component(name: str, made_of: Any, auto_schema: Any, make: Callable[[], Schema]) -> Schema:
    component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=made_of)
    if component not in auto_schema.registry:
        auto_schema.registry.register(component)
        component.schema = make()
    return component.ref


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
