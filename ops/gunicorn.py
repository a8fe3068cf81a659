"""The web server, the same in development and production; numbers from the environment."""

import os

from gunicorn.http import message
from gunicorn.workers import gthread

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# WEB_RELOAD=1 restarts the workers when a file changes, for development.
reload = os.environ.get("WEB_RELOAD", "") == "1"
preload_app = not reload
# Above the statement_timeout of the settings, so that the database gives up first and the page can say so.
timeout = 75
graceful_timeout = 6
# Memory that fragments over days is given back; jitter keeps the workers from restarting together.
max_requests = 5000
max_requests_jitter = 500
# Browsers open connections in advance. Each holds a thread until its first bytes come, by default for five seconds, in
# which eight of them hold all threads. After this time it waits beside them.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.5
# The address is the state of a search, also of a pasted text: 20,000 Korean characters are 180 kB of it, 300 kB within
# the address of the sign-in page. Browsers send it along as Referer, htmx as HX-Current-URL.
LONGEST_ADDRESS = 327_680
message.MAX_REQUEST_LINE = LONGEST_ADDRESS  # gunicorn lowers what is above to it, and 0 would be no limit at all
limit_request_line = limit_request_field_size = LONGEST_ADDRESS
# Its default is one socket for all gunicorns of a user, over which two copies of the project would meet.
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Read the encoder and the dictionary aside, so that the first search of a worker does not wait for them."""
    import gc
    import threading

    from tech_listings.search import meaning, terms

    def warm_up() -> None:
        terms.terms_in("수소 battery")
        meaning.encode(["수소"])
        # What stands now stays. Looked through again it would hold one page in thirty up for 120 ms.
        gc.collect()
        gc.freeze()

    threading.Thread(target=warm_up, daemon=True).start()
