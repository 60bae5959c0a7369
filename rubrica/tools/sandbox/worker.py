"""What a tier of the sandbox brings: a process that can start, execute one job at a time, and be killed."""

from typing import Protocol

from rubrica.tools.sandbox.base import Job, Outcome


class WorkerLostError(Exception):
    """The worker's process ended, or stopped making sense, while it had a job.

    Attributes:
        by_job: the process ended in a way that only what it ran can bring about, such as a segmentation fault.
    """

    def __init__(self, reason: str, *, by_job: bool = False) -> None:
        super().__init__(reason)
        self.by_job = by_job


class Worker(Protocol):
    """One isolated process that executes one job at a time."""

    def start(self) -> None:
        """Start the process and return once it is locked and ready (blocking).

        Raises:
            SandboxUnavailable: this machine cannot give the walls that the tier promises.
            SandboxInfraError: the process did not come up.
        """
        ...

    def execute(self, job: Job) -> Outcome:
        """Run one job to its end (blocking); a `kill` from another thread ends it with `WorkerLostError`.

        Raises:
            WorkerLostError: the process ended before it answered, or answered nonsense.
        """
        ...

    def kill(self) -> None:
        """End the process and everything below it, and reap it. Idempotent, from any thread, before or after start."""
        ...
