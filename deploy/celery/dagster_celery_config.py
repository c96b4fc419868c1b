"""Read by `dagster_celery.app` where it is on the Python path: the worker's side of the broker's address."""

import os

broker_url = os.environ["CELERY_BROKER_URL"]
result_backend = os.environ["CELERY_BACKEND_URL"]
