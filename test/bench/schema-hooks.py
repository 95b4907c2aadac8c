"""What schemathesis cannot know of this service; loaded by schema.ts, which says in the environment whom to ask."""

import os
import re
import urllib.request

import schemathesis

# What becomes of these must not become of the rest of the run: what was registered at the start is registered again.
ENDPOINTS = re.compile(r"^/(netbox/endpoint|proxmox/endpoints)")
# The key of the run: its row is left alone, every other one is tried.
OWN_KEY = "1"
NO_KEY = "1000000"

# A valid request is refused with 400, 414 or 422 for these reasons alone: what it depends on is stored, or a JSON schema of
# single parameters cannot say it.
BY_WHAT_IS_STORED = (
    r"Unknown or disabled Proxmox endpoint",
    r"No result found for Proxmox Sessions",
    r"Multiple Proxmox (endpoints|sessions) configured",
    r"Every cluster has options of its own",
    r"Several clusters have a guest",
    r"VM Config not found",
    r"Only one NetBox endpoint is allowed",
    r"Proxmox endpoint name already exists",
    r"NetBox endpoint -?\d+ not found",
    # A PUT is judged by the record that results from it.
    r"Provide password or both token_name/token_value",
    r"token_name and token_value must be provided together",
    r"token_key and token \(secret\) must both be set",
    r"task_not_of_guest",
)
# Only NetBox, or Proxmox, knows which values it takes.
BY_THE_OTHER_SIDE = (r"invalid_firewall_value", r"firewall_group_name_required")
BY_SEVERAL_PARAMETERS = (r"A non-dry-run orphan sweep requires endpoint_ids",)
REASONS = tuple(re.compile(text) for text in BY_WHAT_IS_STORED + BY_THE_OTHER_SIDE + BY_SEVERAL_PARAMETERS)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path.startswith("/auth/keys/{key_id}"):
        if str(case.path_parameters.get("key_id")) == OWN_KEY:
            case.path_parameters["key_id"] = NO_KEY


@schemathesis.hook
def after_call(context, case, response):
    if case.method.upper() in ("POST", "PUT", "DELETE") and ENDPOINTS.match(case.operation.path):
        if response.status_code < 300:
            urllib.request.urlopen(os.environ["PROXBOX_SCHEMA_RESTORE"], data=b"", timeout=60).close()


@schemathesis.check
def refused_for_a_known_reason(ctx, response, case):
    """positive_data_acceptance, where a status alone would say too little."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 414, 422):
        return
    if not any(reason.search(response.text) for reason in REASONS):
        raise AssertionError(f"A valid request was refused: {response.status_code} {response.text[:300]}")
