"""In the admin a spec is read, with its criteria and what was not understood, and never changed."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from specs.models import Spec

TEXT = "# Dark mode\n## Requirements\n- switch <script>alert(1)</script>\n## Tiers\n- free\n![x](https://evil.example/p.png)\n"


@pytest.fixture
def spec(db: None) -> Spec:
    return Spec.keep(TEXT)


@pytest.fixture
def reader(client: Client, db: None) -> Client:
    user = User.objects.create_user("ann", password="long enough", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_spec"))
    client.force_login(user)
    return client


def test_a_reader_sees_the_text_rendered_safely(reader: Client, spec: Spec) -> None:
    page = reader.get(reverse("admin:specs_spec_change", args=[spec.pk])).content.decode()
    assert "<h1>Dark mode</h1>" in page
    assert "<script>alert" not in page
    assert 'src="https://evil.example' not in page
    assert "The list under “Tiers” was read as background" in page


def test_the_list_shows_how_much_was_understood(reader: Client, spec: Spec) -> None:
    page = reader.get(reverse("admin:specs_spec_changelist")).content.decode()
    assert spec.sha256[:12] in page
    assert '<td class="field-criteria_count">1</td>' in page
    assert '<td class="field-note_count">1</td>' in page


def test_not_even_a_superuser_changes_adds_or_deletes_a_spec(admin_client: Client, spec: Spec) -> None:
    change = reverse("admin:specs_spec_change", args=[spec.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"title": "x"}).status_code == 403
    assert admin_client.get(reverse("admin:specs_spec_add")).status_code == 403
    assert (
        admin_client.post(reverse("admin:specs_spec_delete", args=[spec.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Spec.objects.get().title == "Dark mode"


def test_without_the_permission_nothing_is_seen(client: Client, spec: Spec) -> None:
    client.force_login(User.objects.create_user("bob", password="long enough", is_staff=True))
    assert client.get(reverse("admin:specs_spec_changelist")).status_code == 403
