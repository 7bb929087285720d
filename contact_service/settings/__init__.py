"""The environment, read once: what each process is told, with all faults reported together."""
