"""Metrics, baselines and the evaluation runner."""
