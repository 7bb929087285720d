"""How much of the processor something takes: other than the clock, that knows little of what else runs on the machine."""

import resource


def processor_seconds() -> float:
    """Of this process and of all programs that it ran and waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
