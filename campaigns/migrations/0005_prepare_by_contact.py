"""Preparing goes on from contact to contact, no longer from chat to chat: whatever is half prepared starts over.

Nobody is written twice by that: preparing leaves out whoever has a row already.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_outcomes")]

    operations = [
        migrations.RunSQL(
            "UPDATE campaigns_campaign SET prepare_cursor = 0 WHERE status = 'preparing'", migrations.RunSQL.noop
        )
    ]
