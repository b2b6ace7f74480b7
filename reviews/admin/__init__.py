"""The desk: a page for each review, and the home of whoever works here. Nothing is written past the API's own routes."""

from django.contrib import admin

from reviews.admin.desks import DeskAdmin, RatingScaleVersionAdmin, ReviewPolicyAdmin
from reviews.admin.requests import CorrectionRequestAdmin
from reviews.admin.reviews import ReviewAdmin

__all__ = ["CorrectionRequestAdmin", "DeskAdmin", "RatingScaleVersionAdmin", "ReviewAdmin", "ReviewPolicyAdmin"]

admin.site.index_template = "admin/reviews/home.html"
