"""Simulated servers on loopback: the demo, the test bed and the benchmark."""
