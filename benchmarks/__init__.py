"""The numbers of the design, measured: `make bench` runs every part and writes `benchmarks/results.md`."""
