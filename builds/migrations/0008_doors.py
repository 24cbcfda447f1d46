"""An index that tells where a list of the jobs since a moment begins."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('builds', '0007_tokens'),
    ]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),  # a large table takes its time
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(fields=['created_at'], name='job_by_creation'),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
