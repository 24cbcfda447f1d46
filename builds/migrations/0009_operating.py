"""Running totals for /metrics, which outlive the rows that they were added up from."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('builds', '0008_doors'),
    ]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),  # a large table takes its time
        AddIndexConcurrently(
            model_name='artifact',
            index=models.Index(fields=['sha256'], name='artifact_by_sha'),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
        migrations.CreateModel(
            name='TallyMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40, unique=True)),
                ('done', models.BigIntegerField(help_text='Added up, up to here.')),
                ('seen', models.BigIntegerField(help_text='What there was at the last look.')),
                ('horizon', models.BigIntegerField(help_text='The first transaction that began after that look.')),
            ],
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=100)),
                ('labels', models.CharField(help_text="The labels' values, as a JSON list.", max_length=600)),
                ('count', models.BigIntegerField(default=0)),
                ('total', models.DecimalField(decimal_places=6, default=0, max_digits=24)),
                ('buckets', models.JSONField(blank=True, default=dict, help_text='Bound → how many fell in.')),
            ],
            options={
                'verbose_name_plural': 'tallies',
                'constraints': [models.UniqueConstraint(models.F('metric'), models.F('labels'), name='tally_once')],
            },
        ),
    ]
