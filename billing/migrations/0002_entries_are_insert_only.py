from django.db import migrations

FORWARD = """
CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE ON billing_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_never_emptied BEFORE TRUNCATE ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER entries_are_never_emptied ON billing_entry;
DROP TRIGGER entries_never_change ON billing_entry;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenants", "0002_audit_is_insert_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
