from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_turns_and_holds")]

    operations = [
        migrations.AddField(
            model_name="campaign", name="on_unsupported_by", field=models.JSONField(blank=True, default=dict)
        ),
    ]
