"""The plugin at work: presses its buttons and runs its queued jobs, as NetBox's web server and its worker would.

Reads one JSON object a line from standard input and answers with one a line on standard output:

    {"key": true}                          the API key that the plugin has adopted, {"key": text}
    {"run": <id of a queued NetBox job>}   runs it, {"job": {...}}
    {"click": <path>, "data": {...}}       POSTs the form as the superuser and runs the job that this queued
    {"enqueue": {...}}                     queues a sync job with these arguments and runs it
    {"visit": <path>}                      GETs the page as the superuser, {"page": {...}}
    {"press": <path>, "data": {...}}       POSTs the form as the superuser, for what queues no job, {"page": {...}}
    {"edit": <path>, "data": {...}}        the same with what the form of that page holds beside the data
    {"queued": true}                       runs every job that is queued, {"jobs": [...]}
    {"operator_rows": true}                makes one of each row that only operators make, {"created": [names]}
    {"pages": true}                        every page of the plugin, {"pages": [...]}: see plugin_pages.py

A page is {"status", "location" it redirects to, "messages" that it shows, "text"}.

`"async_unsafe": true` beside any of them runs it with DJANGO_ALLOW_ASYNC_UNSAFE, as some operators run their worker.

A failure is {"failure": traceback}. Jobs are taken out of the queue by their id, so that runs which share a Redis never
take one another's.
"""

import json
import os
import sys
import traceback

import django

django.setup()

import django_rq  # noqa: E402
from core.models import Job  # noqa: E402
from django.contrib.messages import get_messages  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import resolve  # noqa: E402
from netbox_proxbox.jobs import ProxboxSyncJob  # noqa: E402
from netbox_proxbox.models import FastAPIEndpoint  # noqa: E402
from plugin_pages import create_operator_rows, pages  # noqa: E402
from rq import SimpleWorker  # noqa: E402
from users.models import User  # noqa: E402


def superuser():
    return User.objects.get(username="proxbox")


def run(pk):
    job = Job.objects.get(pk=pk)
    queue = django_rq.get_queue(job.queue_name)
    queued = queue.fetch_job(str(job.job_id))
    queue.remove(queued)
    SimpleWorker([queue], connection=queue.connection).execute_job(queued, queue)
    job.refresh_from_db()
    log = [{"level": entry["level"], "message": entry["message"]} for entry in job.log_entries]
    return {"job": {"id": job.pk, "status": job.status, "error": job.error, "log": log, "data": job.data}}


def browser():
    client = Client()
    client.force_login(superuser())
    return client


def page(response):
    shown = [{"level": message.level_tag, "text": str(message)} for message in get_messages(response.wsgi_request)]
    text = response.content.decode()
    return {"page": {"status": response.status_code, "location": response.get("Location"), "messages": shown, "text": text}}


def values_of(path):
    """What a browser would send of the form at that path when nobody touched it."""
    match = resolve(path)
    view = match.func.view_class
    form = view.form(instance=view.queryset.get(**match.kwargs))
    values = {field.html_name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def edit(path, changes):
    data = {name: value for name, value in (values_of(path) | changes).items() if value != ""}
    response = browser().post(path, data)
    if response.status_code == 200:
        raise RuntimeError(f"POST {path} was not accepted: {page(response)['page']['messages']}")
    return page(response)


def click(path, data):
    last = Job.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    response = browser().post(path, data)
    queued = list(Job.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
    if len(queued) != 1:
        raise RuntimeError(f"POST {path} answered {response.status_code} and queued the jobs {queued}, not one.")
    return run(queued[0])


def run_queued():
    queued = list(Job.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True))
    return {"jobs": [run(pk)["job"] for pk in queued]}


def allow_async_unsafe(is_allowed):
    if is_allowed:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    else:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


def answer(request):
    allow_async_unsafe(request.get("async_unsafe", False))
    if "key" in request:
        return {"key": FastAPIEndpoint.objects.get().token}
    if "run" in request:
        return run(request["run"])
    if "click" in request:
        return click(request["click"], request["data"])
    if "queued" in request:
        return run_queued()
    if "operator_rows" in request:
        return create_operator_rows()
    if "pages" in request:
        return {"pages": pages()}
    if "visit" in request:
        return page(browser().get(request["visit"]))
    if "press" in request:
        return page(browser().post(request["press"], request["data"]))
    if "edit" in request:
        return edit(request["edit"], request["data"])
    return run(ProxboxSyncJob.enqueue(user=superuser(), queue_name="default", **request["enqueue"]).pk)


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception:
        reply = {"failure": traceback.format_exc()}
    # The tests drop and copy the database between jobs, which ends its connections.
    connection.close()
    print(json.dumps(reply, default=str), flush=True)
