"""The reward function over HTTP: the judge's side of the wire; `rubrica.adapters` is the trainer's side."""
