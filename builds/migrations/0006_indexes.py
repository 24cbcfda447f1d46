"""Indexes that keep lists and looks as quick with a million jobs as with ten thousand; doubles are dropped.

New ones are made concurrently: nothing waits while a large table is read.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('builds', '0005_money'),
        ('specs', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),  # a large table takes its time
        migrations.AlterField(
            model_name='artifact',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='artifacts', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='checkresult',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='check_results', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='event',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='job',
            name='repo',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='builds.repo'),
        ),
        migrations.AlterField(
            model_name='job',
            name='user_id',
            field=models.CharField(help_text='Who the job is for.', max_length=200),
        ),
        migrations.AlterField(
            model_name='jobcriterion',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='modelcall',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='model_calls', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='stationrun',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='station_runs', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='turnrow',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='builds.job'),
        ),
        migrations.AlterField(
            model_name='workitem',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='work_items', to='builds.job'),
        ),
        AddIndexConcurrently(
            model_name='approval',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['asked_at', 'id'], name='approval_open'),
        ),
        AddIndexConcurrently(
            model_name='approval',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['expires_at'], name='approval_expiring'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['name', '-id'], name='event_by_name'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('requester', models.F('user_id')), _negated=True), fields=['requester', '-id'], name='job_by_requester'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], include=('status',), name='job_by_end'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('status__in', ['running', 'queued'])), fields=['status'], include=('started_at', 'wait_cause'), name='job_active'),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
