"""What GitHub's webhooks tell of pull requests. The index is made concurrently: nothing waits meanwhile."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('builds', '0010_v1'),
    ]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),  # a large table takes its time
        migrations.CreateModel(
            name='GithubDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery', models.CharField(help_text='`X-GitHub-Delivery`', max_length=64, unique=True)),
                ('event', models.CharField(max_length=60)),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='builds.job')),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
            options={
                'verbose_name': 'GitHub delivery',
                'verbose_name_plural': 'GitHub deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='pull_news',
            field=models.JSONField(blank=True, help_text='What the forge told of the pull request since it was opened.', null=True),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('pr_number__isnull', False)), fields=['repo', 'pr_number'], name='job_by_pull'),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
