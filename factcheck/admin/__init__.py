"""The platform's pages in Django's admin. `base` is what every page here and in the apps stands on."""

from django.contrib import admin

from factcheck.admin.audit import AuditEventAdmin
from factcheck.admin.jobs import JobAdmin

__all__ = ["AuditEventAdmin", "JobAdmin"]

admin.site.site_header = "Fact-check desk"
admin.site.site_title = "Fact-check desk"
admin.site.index_title = "Desk"
admin.site.index_template = "factcheck/index.html"
admin.site.app_index_template = "factcheck/app_index.html"
admin.site.password_change_template = "factcheck/password_change.html"
admin.site.password_change_done_template = "factcheck/password_changed.html"
admin.site.site_url = None
admin.site.enable_nav_sidebar = False  # its width belongs to texts; the path above every page leads back
