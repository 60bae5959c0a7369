"""What every test of a tool that runs code needs."""

import pytest

from rubrica.tools.sandbox.build import ensure
from rubrica.tools.sandbox.compiled import Compiled


@pytest.fixture(scope="session", autouse=True)
def component() -> None:
    """Build and compile the sandbox's component where that has not been done yet (a minute, once)."""
    Compiled.of(ensure()).close()
