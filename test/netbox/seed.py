"""Fills the template database: users, tokens of every kind a client can be given, and nothing else.

Reads the tokens from the JSON object in the variable SEED. NetBox starts otherwise empty.
"""

import datetime
import json
import os

import django

django.setup()

from core.models import ObjectType  # noqa: E402
from django.utils import timezone  # noqa: E402
from users.models import ObjectPermission, Token, User  # noqa: E402

seed = json.loads(os.environ["SEED"])

admin = User.objects.create_superuser("proxbox", "proxbox@example.com", seed["password"])
viewer = User.objects.create_user("viewer", password=seed["password"])
retired = User.objects.create_user("retired", password=seed["password"], is_active=False)

permission = ObjectPermission.objects.create(name="view virtual machines", actions=["view"])
permission.object_types.set([ObjectType.objects.get(app_label="virtualization", model="virtualmachine")])
permission.users.add(viewer)

tokens = seed["tokens"]
past = timezone.now() - datetime.timedelta(days=1)
Token(version=1, user=admin, token=tokens["v1"]).save()
Token(version=2, user=admin, key=tokens["v2Key"], token=tokens["v2"]).save()
Token(version=1, user=admin, token=tokens["disabled"], enabled=False).save()
Token(version=1, user=admin, token=tokens["expired"], expires=past).save()
Token(version=1, user=admin, token=tokens["readOnly"], write_enabled=False).save()
Token(version=1, user=admin, token=tokens["foreignAddress"], allowed_ips=["192.0.2.0/24"]).save()
Token(version=1, user=viewer, token=tokens["viewer"]).save()
Token(version=1, user=retired, token=tokens["inactiveUser"]).save()
