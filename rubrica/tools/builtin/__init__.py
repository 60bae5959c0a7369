"""The checks that ship with rubrica; each module registers its tools when it is imported."""
