from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_human_agent")]

    operations = [
        migrations.AddField(
            model_name="media", name="video_codec", field=models.CharField(blank=True, max_length=20)
        ),
        migrations.AddField(
            model_name="media", name="audio_codec", field=models.CharField(blank=True, max_length=20)
        ),
    ]
