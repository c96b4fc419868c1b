"""Read by `dagster_celery.app` where it is on the Python path: the worker's side of the broker's address."""

import os

broker_url = os.environ["CELERY_BROKER_URL"]
result_backend = os.environ["CELERY_BACKEND_URL"]
# What a worker takes before it can start it is lost when the worker dies; in Redis it is safe.
worker_disable_prefetch = True
