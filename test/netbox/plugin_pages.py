"""Every page of the plugin, from Django's own table of URLs, each with the objects with which it is to be opened.

A page is {"name", "route", "url", "view", "model", "methods", "object"}: `url` is null when NetBox holds no object of the
model. Beside the plugin's own URLs these are the views that it registers on objects of others (tabs of a virtual machine,
of a device), and the detail pages of NetBox into which it puts cards and buttons.
"""

from django.apps import apps
from django.db import transaction
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from netbox.registry import registry
from utilities.views import get_viewname

PLUGIN = "netbox_proxbox"
ROOT = "plugins/proxbox/"

# What stands for a parameter that is no id of an object, by name of the parameter.
VALUES = {
    "endpoint_type": ["proxmox", "netbox", "fastapi"],
    "service": ["proxmox", "netbox", "fastapi"],
    "message": ["Full Update Sync"],
}
# The model whose ids a function's view or a view without a queryset means, by name of the view.
MODEL_OF = {
    "home_quick_edit": "endpoint",
    "keepalive_status": "endpoint",
    "proxmox_card": "netbox_proxbox.proxmoxendpoint",
    "job_stream": "core.job",
    "virtualmachine_console_session": "virtualization.virtualmachine",
    "plan_summary": "netbox_proxbox.proxboxbranchintent",
}


def patterns(resolver, prefix="", namespaces=()):
    """(route, name with namespaces, pattern) of everything below."""
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route, ":".join([*namespaces, one.name]) if one.name else None, one
        else:
            inner = [one.namespace] if one.namespace else []
            yield from patterns(one, route, [*namespaces, *inner])


def view_of(callback):
    """The class of a view, or the function."""
    return getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback


def is_plugins(thing):
    return (getattr(thing, "__module__", "") or "").split(".")[0] == PLUGIN


def methods_of(view):
    if not isinstance(view, type):
        return None
    return [method for method in ("get", "post") if hasattr(view, method)]


def model_named(label):
    return apps.get_model(label) if label else None


def model_of(name, view):
    """The model whose object the URL names; None when it cannot be told."""
    last = name.split(":")[-1]
    if last in MODEL_OF:
        return MODEL_OF[last]
    queryset = getattr(view, "queryset", None)
    if queryset is not None:
        return queryset.model._meta.label_lower
    app = name.split(":")[-2] if ":" in name else None
    head = last.split("_")[0]
    for label in (PLUGIN, app):
        try:
            return apps.get_model(label, head)._meta.label_lower
        except (LookupError, TypeError, ValueError):
            continue
    return None


def reflected(model):
    """Objects of a model of NetBox that the service has written a row of the plugin beside."""
    names = {field.name for field in model._meta.get_fields()}
    return model.objects.exclude(proxbox_sync_state=None) if "proxbox_sync_state" in names else model.objects.all()


def samples(label):
    """[(id, what it is one of)]: the first object, and of some models the first of each sort."""
    model = apps.get_model(label)
    rows = reflected(model).order_by("pk")
    if label == "virtualization.virtualmachine":
        sorts = {
            "qemu": rows.filter(proxbox_sync_state__proxmox_vm_type="qemu", status="active"),
            "lxc": rows.filter(proxbox_sync_state__proxmox_vm_type="lxc"),
        }
    elif label == "netbox_proxbox.proxmoxfirewallrule":
        zones = rows.order_by("zone").values_list("zone", flat=True).distinct()
        sorts = {zone: rows.filter(zone=zone) for zone in zones}
    elif label == "dcim.interface":
        sorts = {"": rows.filter(device__proxbox_sync_state__isnull=False)}
    else:
        sorts = {"": rows}
    firsts = [(sort, found.first()) for sort, found in sorts.items()]
    return [(row.pk, sort) for sort, row in firsts if row is not None]


def choices(parameters, model):
    """Every set of values with which the URL is to be opened, with what it names."""
    values = [(key, VALUES[key]) for key in parameters if key in VALUES]
    ids = [key for key in parameters if key not in VALUES]
    for word in values[0][1] if values else [None]:
        base = {values[0][0]: word} if values else {}
        if not ids:
            yield base, word or ""
            continue
        label = f"netbox_proxbox.{word}endpoint" if model == "endpoint" else model
        if label is None:
            return
        for pk, sort in samples(label):
            yield base | {key: pk for key in ids}, " ".join(part for part in (word, sort) if part)


def entries(name, route, view, model, parameters):
    row = {
        "name": name,
        "route": f"/{route}",
        "view": f"{view.__module__}.{view.__qualname__}",
        "model": model,
        "methods": methods_of(view),
    }
    found = [row | {"url": reverse(name, kwargs=kwargs), "object": what} for kwargs, what in choices(parameters, model)]
    return found or [row | {"url": None, "object": ""}]


def own_pages():
    """What lies below the plugin's own path, and its views on objects of others."""
    for route, name, pattern in patterns(get_resolver()):
        view = view_of(pattern.callback)
        is_below = route.startswith(ROOT)
        if name is None or route.startswith("api/") or not (is_below or is_plugins(view)):
            continue
        parameters = list(pattern.pattern.converters)
        # An included list of URLs has its id in the route before it.
        if "<int:pk>" in route and "pk" not in parameters:
            parameters.append("pk")
        yield from entries(name, route, view, model_of(name, view), parameters)


def pages_with_cards():
    """NetBox's pages of single objects into which the plugin puts something of its own."""
    for label, extensions in registry["plugins"]["template_extensions"].items():
        cards = [one.__name__ for one in extensions if is_plugins(one)]
        if label is None or not cards or label.startswith(f"{PLUGIN}."):
            continue
        model = apps.get_model(label)
        name = get_viewname(model)
        for pk, sort in samples(label) or [(None, "")]:
            try:
                url = None if pk is None else reverse(name, kwargs={"pk": pk})
            except NoReverseMatch:
                continue
            yield {
                "name": name,
                "route": f"/{label.replace('.', '/')}/<int:pk>/",
                "url": url,
                "view": ", ".join(cards),
                "model": label,
                "methods": ["get"],
                "object": sort,
            }


def pages():
    return [*own_pages(), *pages_with_cards()]


def create_operator_rows():
    """Rows that nobody but operators makes: their pages have an object to show then. Those that cannot be made have none."""
    node = apps.get_model(PLUGIN, "ProxmoxNode").objects.order_by("pk").first()
    cluster = apps.get_model(PLUGIN, "ProxmoxCluster").objects.order_by("pk").first()
    state = apps.get_model(PLUGIN, "ProxboxVirtualMachineSyncState").objects.filter(proxmox_vm_type="qemu").first()
    rows = {
        "ProxmoxMetricsInfluxDB": {
            "name": "pulled",
            "endpoint": cluster.endpoint,
            "proxmox_cluster": cluster,
            "source_mode": "pull",
        },
        "CloudImageTemplate": {
            "name": "Debian 12",
            "slug": "debian-12",
            "cluster": cluster.netbox_cluster,
            "source_vmid": 9000,
        },
        "ProxmoxVMIntent": {"virtual_machine": state.virtual_machine, "target_node": node.name},
        "ProxboxBranchIntent": {"branch_id": 1, "branch_schema_id": "abcdefgh"},
        "NodeSSHCredential": {
            "node": node,
            "username": "discovery",
            "known_host_fingerprint": "SHA256:" + "A" * 43,
        },
    }
    for name, values in rows.items():
        with transaction.atomic():
            apps.get_model(PLUGIN, name).objects.create(**values)
    return {"created": list(rows)}
