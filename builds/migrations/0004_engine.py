"""Typed waits, limits inside the claim, dead letters and halts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


LOOKED_AT_BY = ("Auditors", "Reviewers", "Operators")
LOOKED_AT = {"deadletter": "dead letter", "halt": "halt"}


def let_groups_look(apps, schema_editor):
    """Who sees jobs sees what was given up and what was halted."""
    for model, name in LOOKED_AT.items():
        content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="builds", model=model
        )
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=f"view_{model}", defaults={"name": f"Can view {name}"}
        )
        for group in apps.get_model("auth", "Group").objects.filter(name__in=LOOKED_AT_BY):
            group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0003_callbacks'),
        ('specs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.IntegerField()),
                ('station', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=60)),
                ('error', models.TextField()),
                ('tries', models.IntegerField(help_text='How often the station was tried, or its workers died.')),
                ('failed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('replayed_at', models.DateTimeField(blank=True, help_text='When the next attempt was started.', null=True)),
                ('replayed_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.CharField(max_length=200)),
                ('reason', models.CharField(max_length=1000)),
                ('via', models.CharField(blank=True, help_text='admin, api or cli', max_length=20)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RemoveIndex(
            model_name='job',
            name='job_queued',
        ),
        migrations.AddField(
            model_name='job',
            name='wait_cause',
            field=models.CharField(blank=True, help_text='Of a wait for something outside; empty: there is none.', max_length=20),
        ),
        migrations.AddField(
            model_name='job',
            name='waits_since',
            field=models.DateTimeField(blank=True, help_text='Since when this station waits for that cause without an answer.', null=True),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['repo', 'priority', 'run_after', 'id'], include=('user_id',), name='job_queued_by_repo'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', [0, 10, 20, 30])), name='job_priority_known'),
        ),
        migrations.AddField(
            model_name='deadletter',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dead_letters', to='builds.job'),
        ),
        migrations.AddConstraint(
            model_name='halt',
            constraint=models.UniqueConstraint(models.ExpressionWrapper(models.Q(('lifted_at', None)), output_field=models.BooleanField()), condition=models.Q(('lifted_at', None)), name='halt_one_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='deadletter',
            index=models.Index(condition=models.Q(('replayed_at__isnull', True)), fields=['-id'], name='dead_letter_open'),
        ),
        migrations.AddConstraint(
            model_name='deadletter',
            constraint=models.UniqueConstraint(models.F('job'), models.F('attempt'), name='dead_letter_once'),
        ),
        migrations.RunPython(let_groups_look, migrations.RunPython.noop),
    ]
