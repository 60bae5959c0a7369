"""Where untrusted code runs: one protocol, several tiers, a router, and grading on the host."""
