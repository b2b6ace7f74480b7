"""The addresses of this app under /api/v1."""

from django.urls import path

from claims.views import articles, claims, matching, runs
from factcheck.api.routers import Router

router = Router()
router.register("outlets", articles.OutletViewSet)
router.register("articles", articles.ArticleViewSet)
router.register(
    "articles/(?P<parent>[^/.]+)/versions", articles.ArticleVersionsOfArticle, basename="article-versions-of"
)
router.register("articles/(?P<parent>[^/.]+)/claims", claims.ClaimsOfArticle, basename="article-claims")
router.register("article-versions", articles.ArticleVersionViewSet)
router.register("claims", claims.ClaimViewSet)
router.register("claims/(?P<parent>[^/.]+)/appearances", claims.AppearancesOfClaim, basename="claim-appearances")
router.register("claims/(?P<parent>[^/.]+)/matches", matching.MatchesOfClaim, basename="claim-matches")
router.register("matches", matching.MatchViewSet)
router.register("earlier-fact-checks", matching.EarlierFactCheckViewSet)
router.register("appearances", claims.AppearanceViewSet)
router.register("extraction-runs", runs.ExtractionRunViewSet)
router.register("import-runs", runs.ImportRunViewSet)
router.register(
    "import-runs/(?P<parent>[^/.]+)/failed-rows", runs.FailedRowsOfImportRun, basename="import-run-failed-rows"
)

urlpatterns = [*router.urls, path("claims/<str:parent>/events", claims.EventsOfClaim.as_view(), name="claim-events")]
