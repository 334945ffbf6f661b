from django.db import migrations, models
from django.db.models import Value

BY_REASON = """
CREATE FUNCTION campaigns_by_reason(keys text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT jsonb_object_agg(key, people)
    FROM (SELECT key, count(*) AS people FROM unnest(keys) AS key GROUP BY key) AS counted
$$
"""

ADDED = """
CREATE FUNCTION campaigns_reasons_added(kept jsonb, more jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF more IS NULL THEN
        RETURN kept;
    END IF;
    RETURN (
        SELECT coalesce(jsonb_object_agg(key, people), '{}')
        FROM (
            SELECT key, sum(value::bigint)::bigint AS people
            FROM (SELECT * FROM jsonb_each_text(kept) UNION ALL SELECT * FROM jsonb_each_text(more)) AS told
            GROUP BY key HAVING sum(value::bigint) <> 0
        ) AS summed
    );
END $$
"""

# Of campaigns that were there before; the states are unconfirmed, partial, failed, skipped.
FILL = """
UPDATE campaigns_counter AS counter SET reasons = counted.reasons
FROM (
    SELECT tenant_id, campaign_id, channel_id,
           campaigns_by_reason(array_agg(state || ' ' || reason || ' ' || provider_code)) AS reasons
    FROM campaigns_recipient WHERE state IN (2, 4, 5, 6) AND reason <> ''
    GROUP BY tenant_id, campaign_id, channel_id
) AS counted
WHERE counter.tenant_id = counted.tenant_id AND counter.campaign_id = counted.campaign_id
  AND counter.channel_id = counted.channel_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0017_owners_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="counter",
            name="reasons",
            field=models.JSONField(blank=True, db_default=Value({}, models.JSONField()), default=dict),
        ),
        migrations.RunSQL(BY_REASON, "DROP FUNCTION campaigns_by_reason(text[])"),
        migrations.RunSQL(ADDED, "DROP FUNCTION campaigns_reasons_added(jsonb, jsonb)"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
