"""Operator tokens, who a Django user is at Storia, and the index that counts a user's unfinished jobs.

The index is made concurrently and last: nothing waits while a large table is read.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

LOOK_AND_MAKE = {
    "Auditors": ("view", "add"),
    "Reviewers": ("view", "add"),
    "Operators": ("view", "add"),
    "Requesters": ("add",),
}


def let_groups_have_tokens(apps, schema_editor):
    """Everybody makes tokens of their own; a token can do no more than its owner."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    content_type, _ = content_types.get_or_create(app_label="builds", model="operatortoken")
    for name, verbs in LOOK_AND_MAKE.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        for verb in verbs if group else ():
            permission, _ = permissions.get_or_create(
                content_type=content_type,
                codename=f"{verb}_operatortoken",
                defaults={"name": f"Can {verb} operator token"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('builds', '0006_indexes'),
        ('specs', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OperatorToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text="What it is for, in its owner's words.", max_length=100)),
                ('prefix', models.CharField(help_text='How the token begins, to know it by.', max_length=20, unique=True)),
                ('digest', models.CharField(help_text='sha256 of the whole token.', max_length=64, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_by', models.CharField(max_length=200)),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, help_text='To the minute.', null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_by', models.CharField(blank=True, max_length=200)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='operator_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='StoriaSubject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(help_text="The `sub` of Storia's tokens.", max_length=200, unique=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='storia_subject', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Storia subject',
            },
        ),
        migrations.AlterModelOptions(
            name='job',
            options={'ordering': ['-id'], 'permissions': [('review_job', 'Can approve and reject paused jobs'), ('operate_job', 'Can cancel and rerun any job, and see the queues'), ('deploy_job', 'Can order builds that are deployed, with a token that says so')]},
        ),
        migrations.RunPython(let_groups_have_tokens, migrations.RunPython.noop),
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),  # a large table takes its time
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('status__in', ['queued', 'running', 'paused'])), fields=['user_id'], name='job_unfinished_by_user'),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
