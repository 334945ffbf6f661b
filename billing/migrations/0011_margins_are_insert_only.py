from django.db import migrations

FORWARD = """
CREATE TRIGGER margins_never_change BEFORE UPDATE OR DELETE ON billing_margin
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER margins_are_never_emptied BEFORE TRUNCATE ON billing_margin
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER margins_are_never_emptied ON billing_margin;
DROP TRIGGER margins_never_change ON billing_margin;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_margin"), ("tenants", "0002_audit_is_insert_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
