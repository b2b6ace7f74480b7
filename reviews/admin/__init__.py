"""The desk: a page for each review, and the home of whoever works here. Nothing is written past the API's own routes."""

from django.contrib import admin

from reviews.admin.desks import DeskAdmin
from reviews.admin.requests import CorrectionRequestAdmin
from reviews.admin.reviews import ReviewAdmin
from reviews.admin.versions import RatingScaleVersionAdmin, ReviewPolicyAdmin

__all__ = ["CorrectionRequestAdmin", "DeskAdmin", "RatingScaleVersionAdmin", "ReviewAdmin", "ReviewPolicyAdmin"]

admin.site.index_template = "admin/reviews/home.html"
