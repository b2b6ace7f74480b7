"""The addresses of this app under /api/v1."""

from typing import Any

from django.urls import path

from factcheck.api.negotiation import OneFormat
from factcheck.api.routers import Router
from reviews import filters
from reviews.views import corrections, desks, exports, public, public_corrections, reviews, rows, snapshots, statistics

router = Router()
router.register("desks", desks.DeskViewSet)
router.register("rating-scales", desks.RatingScaleViewSet)
router.register("policies", desks.ReviewPolicyViewSet)
router.register("queue", desks.QueueViewSet, basename="queue")
router.register("reviews", reviews.ReviewViewSet)
router.register("evidence", rows.EvidenceViewSet)
router.register("snapshots", snapshots.SnapshotViewSet)
router.register("public/fact-checks", public.PublicFactCheckViewSet, basename="public-fact-check")
router.register("correction-requests", corrections.CorrectionRequestViewSet)
router.register(
    "public/correction-requests",
    public_corrections.PublicCorrectionRequestViewSet,
    basename="public-correction-request",
)
router.register("public/snapshots", public.PublicSnapshotViewSet, basename="public-snapshot")
router.register("public/statistics", public_corrections.PublicStatisticsViewSet, basename="public-statistics")
router.register("statistics", statistics.StatisticsViewSet, basename="statistics")
for name, view in {
    "evidence": rows.EvidenceOfReview,
    "searches": rows.SearchesOfReview,
    "evidence-sets": rows.EvidenceSetsOfReview,
    "verdicts": rows.VerdictsOfReview,
    "decisions": rows.DecisionsOfReview,
    "replies": rows.RepliesOfReview,
    "comments": rows.CommentsOfReview,
}.items():
    router.register(f"reviews/(?P<parent>[^/.]+)/{name}", view, basename=f"review-{name}")

router.register(
    "public/fact-checks/(?P<parent>[^/.]+)/revisions",
    public.RevisionsOfFactCheck,
    basename="public-fact-check-revision",
)


def _one(view: type[rows.OneOfReview], **methods: Any) -> Any:
    return view.as_view(methods, detail=True)


def _export(method: str, **more: Any) -> Any:
    return statistics.StatisticsViewSet.as_view({"get": method}, content_negotiation_class=OneFormat, **more)


ONE_FILE: dict[str, Any] = {"content_negotiation_class": OneFormat, "pagination_class": None}

urlpatterns = [
    path("queue", desks.QueueViewSet.as_view({"get": "best"}), name="queue"),
    path("reviews/<str:parent>/seat", _one(rows.SeatOfReview, get="retrieve"), name="review-seat"),
    path("reviews/<str:parent>/seat/draft", _one(rows.SeatDraft, patch="partial_update"), name="review-seat-draft"),
    path(
        "reviews/<str:parent>/draft",
        _one(rows.DraftOfReview, get="retrieve", patch="partial_update"),
        name="review-draft",
    ),
    path(
        "reviews/<str:parent>/evidence-files",
        rows.EvidenceFilesOfReview.as_view({"post": "create"}),
        name="review-evidence-files",
    ),
    path("reviews/<str:parent>/events", rows.EventsOfReview.as_view(), name="review-events"),
    *(path(f"public/{name}", view.as_view({"get": "file"}, **ONE_FILE)) for name, view in exports.VIEWS.items()),
    path("public/corrections", exports.ChangeViewSet.as_view({"get": "list"}), name="public-corrections"),
    path("public/corrections.atom", exports.ChangeViewSet.as_view({"get": "atom"}, **ONE_FILE)),
    path(
        "public/fact-checks/<str:parent>/revisions/<str:number>",
        public.RevisionOfFactCheck.as_view({"get": "retrieve"}, detail=True),
        name="public-fact-check-revision",
    ),
    path("statistics/stages.csv", _export("stages"), name="statistics-stages"),
    path(
        "statistics/selection.csv",
        _export("groups", filterset_class=filters.SelectionFilter),
        name="statistics-selection-csv",
    ),
    path("statistics/verdicts.csv", _export("verdicts"), name="statistics-verdicts"),
    *router.urls,
]
