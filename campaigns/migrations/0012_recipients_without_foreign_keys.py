"""Recipients without foreign keys, and the half of them that costs an insert nothing: what recipients refer to cannot be
deleted (docs/adr/0020). Campaigns, channels and tenants are held by the foreign keys of counters and parts already."""

from typing import Any

from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT, SET_NULL

FOREIGN_KEYS: tuple[tuple[str, str, Any, dict[str, Any]], ...] = (  # field, to, what becomes of it, the rest
    ("tenant", "tenants.tenant", PROTECT, {"related_name": "+", "db_index": False}),
    ("campaign", "campaigns.campaign", CASCADE, {"related_name": "recipients", "db_index": False}),
    ("channel", "channels.channel", PROTECT, {"related_name": "+", "db_index": False}),
    ("contact", "conversations.contact", PROTECT, {"related_name": "+", "db_index": False}),
    (
        "conversation",
        "conversations.conversation",
        PROTECT,
        {"null": True, "related_name": "+", "db_index": False},
    ),
    ("shard", "campaigns.shard", PROTECT, {"null": True, "related_name": "recipients"}),
    ("attempt", "campaigns.attempt", SET_NULL, {"null": True, "related_name": "+", "db_index": False}),
    ("retried_in", "campaigns.campaign", SET_NULL, {"null": True, "related_name": "+", "db_index": False}),
)

STAYS = """
CREATE FUNCTION campaigns_referred_to_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    referred boolean := false;
BEGIN
    IF EXISTS (SELECT FROM gone) THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM gone JOIN campaigns_recipient r ON r.%I = gone.%I)',
                       TG_ARGV[0], TG_ARGV[1]) INTO referred;
    END IF;
    IF referred THEN
        RAISE foreign_key_violation
            USING MESSAGE = format('campaigns_recipient.%s refers to rows of %s', TG_ARGV[0], TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;
"""
HELD = (  # table, its key, the column of recipients that holds it
    ("campaigns_shard", "id", "shard_id"),
    ("campaigns_attempt", "key", "attempt_id"),
    ("conversations_contact", "id", "contact_id"),
    ("conversations_conversation", "id", "conversation_id"),
)

# Preparing only reads these. A deletion waits until the recipients under way are committed, so that it sees them, and
# nobody begins to write others before it is committed itself.
WAITS = """
CREATE FUNCTION campaigns_recipients_are_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE campaigns_recipient IN SHARE ROW EXCLUSIVE MODE;
    RETURN NULL;
END $$;
"""
READ = ("conversations_contact", "conversations_conversation")


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_bills"),
        ("channels", "0008_who_pays"),
        ("conversations", "0007_template_messages"),
        ("tenants", "0004_canaries"),
    ]

    operations = [
        *(
            migrations.AlterField(
                "recipient",
                name,
                models.ForeignKey(to, on_delete=on_delete, db_constraint=False, **options),
            )
            for name, to, on_delete, options in FOREIGN_KEYS
        ),
        migrations.RunSQL(STAYS, "DROP FUNCTION campaigns_referred_to_stays"),
        migrations.RunSQL(WAITS, "DROP FUNCTION campaigns_recipients_are_written"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER recipients_hold_it AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
                f"FOR EACH STATEMENT EXECUTE FUNCTION campaigns_referred_to_stays('{column}', '{key}')",
                f"DROP TRIGGER recipients_hold_it ON {table}",
            )
            for table, key, column in HELD
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER recipients_are_written BEFORE DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION campaigns_recipients_are_written()",
                f"DROP TRIGGER recipients_are_written ON {table}",
            )
            for table in READ
        ),
    ]
