"""
Migrates NetBox's database as `netbox migrate` does, for the templates of the tests. Nearly all of its time goes into the models
that Django makes anew for each step: here Python does not look for cycles among millions of objects again and again, nor Django
through all models for the one that a setting has replaced.
"""

import functools
import gc

import django
from django.apps import apps
from django.apps.registry import Apps
from django.core.management import execute_from_command_line

gc.set_threshold(2_000_000, 1000, 1000)
django.setup()

settings_name = functools.cache(functools.partial(Apps.get_swappable_settings_name, apps))
Apps.get_swappable_settings_name = functools.cache(lambda _models, model: settings_name(model))

execute_from_command_line(["netbox", "migrate", "--no-input"])
