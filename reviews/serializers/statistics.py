"""How a desk works, in numbers: each says of how many it is, and why it is null."""

from __future__ import annotations

from rest_framework import serializers

from factcheck.api.typed import TypedJSONField
from reviews.agreement import Coefficient, Spread
from reviews.facts import STAGE_CHOICES
from reviews.statistics import GROUP_CHOICES, Selection


class AgreementOnScaleSerializer(serializers.Serializer):
    """Ranks of two versions of a scale have no common order: each has its own coefficients."""

    scale = serializers.CharField(help_text="Name and number of the version.")
    raw = TypedJSONField(Coefficient, source="found.raw")
    cohen_kappa = TypedJSONField(Coefficient, source="found.cohen_kappa")
    scott_pi = TypedJSONField(Coefficient, source="found.scott_pi")
    alpha_ordinal = TypedJSONField(Coefficient, source="found.alpha_ordinal")
    off_scale = serializers.IntegerField(
        source="found.off_scale", help_text="Verdicts that lie on no scale: `alpha_ordinal` leaves them out."
    )


class AgreementStatisticsSerializer(serializers.Serializer):
    rounds = serializers.IntegerField(help_text="That have closed and are not void.")
    scales = AgreementOnScaleSerializer(many=True)


class StageTurnaroundSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(choices=STAGE_CHOICES)
    hours = TypedJSONField(Spread, help_text="From entering it to leaving it, holds included, of each time.")


class TurnaroundStatisticsSerializer(serializers.Serializer):
    stages = StageTurnaroundSerializer(many=True)


class SelectionStatisticsSerializer(serializers.Serializer):
    by = serializers.ChoiceField(choices=GROUP_CHOICES)
    groups = TypedJSONField(list[Selection], help_text="Those of which nothing was chosen too; null is unknown.")
