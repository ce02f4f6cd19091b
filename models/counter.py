"""Counts that outlive the process."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Counter(Model):
    """How often something was done in a window of time that ends at ``expires_at``.

    One that has ended counts none.
    """

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=255, unique=True)
    count = fields.IntField(default=0)
    expires_at = fields.DatetimeField()

    class Meta:
        """Swept by expiry."""

        table = "counter"
        indexes = (("expires_at",),)
