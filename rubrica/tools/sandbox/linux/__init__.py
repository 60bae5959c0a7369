"""Walls that the Linux kernel offers to any process, through ctypes: seccomp, Landlock, capabilities, namespaces."""
