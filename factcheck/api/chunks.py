"""A body has to say how long it is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from factcheck.api.problems import Malformed, answer


class NoChunks:
    """Refuses a body in chunks. Django reads as many bytes as `Content-Length` says, and would take it for an empty one: an action
    would be done without what its client said of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "Transfer-Encoding" in request.headers:
            return answer(request, Malformed("Send the body in one piece, with its Content-Length."))
        return self.get_response(request)
