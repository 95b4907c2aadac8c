"""Records every request before NetBox works on it, so that a request is on record by the time its answer arrives, and
ends the server when the harness that started it is gone.
"""

import json
import os
import signal
import threading
import time


def when_ready(server):
    harness = int(os.environ["HARNESS_PID"])

    def watch():
        while os.getppid() == harness:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def post_fork(server, worker):
    worker.journal = os.open(os.environ["REQUEST_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def pre_request(worker, req):
    line = json.dumps({"method": req.method, "path": req.path, "query": req.query})
    os.write(worker.journal, (line + "\n").encode())
