from __future__ import annotations

from typing import Any

from rest_framework.routers import DefaultRouter


class Router(DefaultRouter):
    """Addresses without a trailing slash; an action's name becomes kebab-case unless the action gives its own `url_path`."""

    include_root_view = False
    include_format_suffixes = False

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)

    def _get_dynamic_route(self, route: Any, action: Any) -> Any:
        if action.url_path == action.__name__:
            action.url_path = action.url_path.replace("_", "-")
        return super()._get_dynamic_route(route, action)  # type: ignore[misc]
