"""Every address of the installation."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]

handler400 = "factcheck.api.problems.bad_request"
handler403 = "factcheck.api.problems.forbidden"
handler404 = "factcheck.api.problems.not_found"
handler500 = "factcheck.api.problems.server_error"
