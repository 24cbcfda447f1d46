"""Groups that a new installation starts with. What they hold may be changed in the admin afterwards."""

from django.db import migrations

LOOKED_AT = (
    "job", "repo", "approval", "event", "stationrun", "workitem", "checkresult", "artifact", "modelcall",
    "reservation",
)
VIEW = [("builds", model, f"view_{model}") for model in LOOKED_AT] + [("specs", "spec", "view_spec")]
GROUPS = {
    "Requesters": [("builds", "job", "add_job")],  # order builds and steer their own, from the command line
    "Auditors": VIEW,
    "Reviewers": [*VIEW, ("builds", "job", "review_job")],
    "Operators": [
        *VIEW,
        ("builds", "job", "operate_job"),
        ("builds", "repo", "add_repo"),
        ("builds", "repo", "change_repo"),
    ],
}
NAMES = {
    "review_job": "Can approve and reject paused jobs",
    "operate_job": "Can cancel and rerun any job, and see the queues",
}


def make_groups(apps, schema_editor):
    """Django makes permissions only after all migrations, so the ones needed are made here."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for name, wanted in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for app, model, codename in wanted:
            content_type, _ = content_types.get_or_create(app_label=app, model=model)
            label = NAMES.get(codename, f"Can {codename.replace('_', ' ')}")
            permission, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": label}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("builds", "0001_initial"),
        ("specs", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
