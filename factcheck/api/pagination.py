from rest_framework.pagination import BasePagination


class KeysetPagination(BasePagination):
    pass
