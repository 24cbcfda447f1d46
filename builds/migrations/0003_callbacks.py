"""Callbacks are delivered: the clock of each job's deliveries, and their log."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

LOOKED_AT_BY = ("Auditors", "Reviewers", "Operators")


def leave_the_past_untold(apps, schema_editor):
    """What happened before callbacks were delivered is not told now, days late."""
    apps.get_model("builds", "Job").objects.update(delivered_sequence=models.F("last_sequence"))


def let_groups_look(apps, schema_editor):
    """Who sees events sees how they were told."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="builds", model="callbackdelivery"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="view_callbackdelivery",
        defaults={"name": "Can view callback delivery"},
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=LOOKED_AT_BY):
        group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0002_groups'),
        ('specs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallbackDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(help_text='1 for the first try.')),
                ('outcome', models.CharField(choices=[('delivered', 'Delivered'), ('failed', 'Failed'), ('gone', 'Gone'), ('refused', 'Refused')], max_length=20)),
                ('status', models.IntegerField(blank=True, help_text='Of HTTP; empty when no answer came.', null=True)),
                ('error', models.TextField(blank=True)),
                ('duration_ms', models.IntegerField(default=0)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name_plural': 'callback deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='callback_disabled_at',
            field=models.DateTimeField(blank=True, help_text='The receiver wants no more; sending again lifts it.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='callback_fence',
            field=models.BigIntegerField(default=0, help_text='Grows at every claim and never resets.'),
        ),
        migrations.AddField(
            model_name='job',
            name='callback_tries',
            field=models.IntegerField(default=0, help_text='Of the next one; a claim takes one.'),
        ),
        migrations.AddField(
            model_name='job',
            name='next_callback_at',
            field=models.DateTimeField(blank=True, help_text='When the next one is tried, or a sender is given up; empty: none.', null=True),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('next_callback_at__isnull', False)), fields=['next_callback_at'], name='job_callback_due'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(models.F('job'), models.F('attempt'), condition=models.Q(('callback_status__in', ['complete', 'failed', 'canceled'])), name='event_one_ending'),
        ),
        migrations.AddField(
            model_name='callbackdelivery',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='builds.event'),
        ),
        migrations.AddIndex(
            model_name='callbackdelivery',
            index=models.Index(fields=['outcome', '-id'], name='delivery_by_outcome'),
        ),
        migrations.RunPython(leave_the_past_untold, migrations.RunPython.noop),
        migrations.RunPython(let_groups_look, migrations.RunPython.noop),
    ]
