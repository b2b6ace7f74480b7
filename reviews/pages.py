"""The addresses of what readers see, at the root: those that ClaimReview names."""

from django.urls import path, re_path

from reviews.views import reader_requests, readers

app_name = "readers"
urlpatterns = [
    path("fact-checks", readers.fact_checks, name="fact-checks"),
    path("fact-checks/<slug:slug>", readers.fact_check, name="fact-check"),
    path("fact-checks/<slug:slug>/revisions/<int:number>", readers.revision, name="revision"),
    path("fact-checks/<slug:slug>/correct", reader_requests.correct, name="correct"),
    path("correction-requests/<str:secret>", reader_requests.correction_request, name="correction-request"),
    re_path(r"^fact-checks(/.*)?$", readers.nothing_here),
    path("snapshots/<str:sha256>", readers.snapshot, name="snapshot"),
    re_path(r"^snapshots(/.*)?$", readers.nothing_here),
    path("corrections", readers.corrections, name="corrections"),
    path("methodology", readers.methodology, name="methodology"),
    path("sitemap.xml", readers.sitemap_index, name="sitemap"),
    path("sitemap-<int:number>.xml", readers.sitemap_part, name="sitemap-part"),
    path("robots.txt", readers.robots, name="robots"),
]
