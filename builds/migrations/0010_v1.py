"""Columns and a table for `/v1`: issue runs, access to repos, idempotency keys."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0009_operating'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='goal',
            field=models.TextField(blank=True, db_default='', help_text='What this build is to achieve, besides.'),
        ),
        migrations.AddField(
            model_name='job',
            name='issue_number',
            field=models.IntegerField(blank=True, help_text='The issue at the forge that the spec was read from.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='pr_mode',
            field=models.CharField(choices=[('draft', 'Draft'), ('ready', 'Ready')], db_default='ready', help_text='`draft`: a draft even when everything is green.', max_length=10),
        ),
        migrations.AddField(
            model_name='repo',
            name='access_checked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='repo',
            name='access_ok',
            field=models.BooleanField(editable=False, help_text='Whether builds could work there; empty: nobody could look.', null=True),
        ),
        migrations.AddField(
            model_name='repo',
            name='access_why',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=1000),
        ),
        migrations.AddField(
            model_name='repo',
            name='uid',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, help_text='Its id in `/v1`.', unique=True),
        ),
        migrations.AddField(
            model_name='repo',
            name='updated_by',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=200),
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('caller', models.CharField(help_text="The subject; other people's keys are other keys.", max_length=200)),
                ('key', models.CharField(max_length=255)),
                ('payload_hash', models.CharField(help_text='sha256 of what was asked for, canonical.', max_length=64)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='idempotency_keys', to='builds.job', to_field='job_id')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('caller', 'key'), name='key_once')],
            },
        ),
    ]
