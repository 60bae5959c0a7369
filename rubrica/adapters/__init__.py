"""The trainer's side of the wire: one module per trainer, over one client. Standard library only.

A trainer's environment and a judge's conflict, so the judge runs elsewhere (`rubrica serve`) and these modules work
after `pip install --no-deps rubrica`. What could not be judged stays unscored: see each module for what its trainer is
given then. `ray` is another matter: it is the judge itself, on a cluster.
"""
