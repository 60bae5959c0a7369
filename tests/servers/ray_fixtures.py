"""What tests on Ray share: one cluster for all of them, this process inside it, and a service on it."""

import logging
from collections.abc import Callable, Iterator

import pytest
from ray_cluster import Cluster, cluster, free_ports

from rubrica.reward import RewardFunction


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Cluster]:
    with cluster() as started, pytest.MonkeyPatch.context() as patch:
        for name, value in started.environ.items():
            patch.setenv(name, value)  # before anybody here imports Ray, which reads it then
        yield started


@pytest.fixture
def in_cluster(ray_cluster: Cluster) -> Iterator[None]:
    """Connect this process, as somebody's own Ray program would."""
    import ray

    ray.init(address=ray_cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    from ray.data import DataContext

    DataContext.get_current().execution_options.preserve_order = True
    DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


@pytest.fixture
def serve_url(in_cluster: None) -> Iterator[Callable[[RewardFunction], str]]:
    """Serve a reward function on the cluster, and return where."""
    from ray import serve

    from rubrica.adapters.ray import build_service

    (port,) = free_ports(1)

    def run(function: RewardFunction, **settings: object) -> str:
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        serve.run(build_service(function, **settings))  # type: ignore[arg-type]  # settings of build_service
        return f"http://127.0.0.1:{port}"

    yield run
    serve.shutdown()
