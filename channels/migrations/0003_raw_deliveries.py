"""Raw deliveries: partitioned by id, never changed, dropped by whole partitions (`channels.webhooks.retention`)."""

from django.db import migrations

FORWARD = """
CREATE TABLE channels_rawdelivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    source varchar(10) NOT NULL,
    source_id bigint NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (id);

CREATE TRIGGER deliveries_never_change BEFORE UPDATE OR DELETE ON channels_rawdelivery
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deliveries_are_never_emptied BEFORE TRUNCATE ON channels_rawdelivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Partition n holds the ids from n * 10,000,000 on. Row triggers are inherited, statement triggers are not.
CREATE FUNCTION add_rawdelivery_partition(n bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('channels_rawdelivery_' || n) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE channels_rawdelivery_%s PARTITION OF channels_rawdelivery FOR VALUES FROM (%s) TO (%s)',
        n, n * 10000000, (n + 1) * 10000000
    );
    EXECUTE format(
        'CREATE TRIGGER deliveries_are_never_emptied BEFORE TRUNCATE ON channels_rawdelivery_%s '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', n
    );
    RETURN true;
END $$;

SELECT add_rawdelivery_partition(n) FROM generate_series(0, 4) AS n;
"""
BACKWARD = """
DROP TABLE channels_rawdelivery;
DROP FUNCTION add_rawdelivery_partition(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_webhook_deliveries"), ("tenants", "0002_audit_is_insert_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
