"""The addresses of this app under /api/v1."""

from django.urls import path

from claims import views
from factcheck.api.routers import Router

router = Router()
router.register("outlets", views.OutletViewSet)
router.register("articles", views.ArticleViewSet)
router.register("articles/(?P<parent>[^/.]+)/versions", views.ArticleVersionsOfArticle, basename="article-versions-of")
router.register("articles/(?P<parent>[^/.]+)/claims", views.ClaimsOfArticle, basename="article-claims")
router.register("article-versions", views.ArticleVersionViewSet)
router.register("claims", views.ClaimViewSet)
router.register("claims/(?P<parent>[^/.]+)/appearances", views.AppearancesOfClaim, basename="claim-appearances")
router.register("claims/(?P<parent>[^/.]+)/matches", views.MatchesOfClaim, basename="claim-matches")
router.register("matches", views.MatchViewSet)
router.register("earlier-fact-checks", views.EarlierFactCheckViewSet)
router.register("appearances", views.AppearanceViewSet)
router.register("extraction-runs", views.ExtractionRunViewSet)
router.register("import-runs", views.ImportRunViewSet)
router.register(
    "import-runs/(?P<parent>[^/.]+)/failed-rows", views.FailedRowsOfImportRun, basename="import-run-failed-rows"
)

urlpatterns = [*router.urls, path("claims/<str:parent>/events", views.EventsOfClaim.as_view(), name="claim-events")]
