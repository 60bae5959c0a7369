"""What must be set before numpy loads: our matrices are small, and its threads slow them down."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest_plugins = ["process_fixtures", "ray_fixtures", "service_fixtures"]
