"""A worker behind each wall; what one wall cannot do on this machine is skipped with the kernel's reason."""

import sys
from collections.abc import Iterator

import pytest

from rubrica.errors import RubricaError
from rubrica.tools.sandbox.jail import JailIsolation, installed
from rubrica.tools.sandbox.jail_worker import JailWorker


@pytest.fixture(scope="module", params=["os-ns", "os-landlock"])
def worker(request: pytest.FixtureRequest) -> Iterator[JailWorker]:
    if sys.platform != "linux":
        pytest.skip("the jail is made of Linux walls")
    isolation: JailIsolation = request.param
    jail = JailWorker(isolation, installed()[1])
    try:
        jail.start()
    except RubricaError as error:
        pytest.skip(str(error))
    yield jail
    jail.kill()
