"""`python -m rubrica` is `rubrica`."""

from rubrica.cli import main

if __name__ == "__main__":
    main(prog_name="rubrica")
