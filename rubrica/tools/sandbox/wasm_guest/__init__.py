"""What runs inside the WebAssembly component, next to the untrusted code: sources, not imported by the host."""
