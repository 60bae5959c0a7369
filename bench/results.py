"""Measure the seed library on the development sets and write the section on judging of docs/results.md.

    RUBRICA_DATA=FOLDER python bench/results.py [--sandbox auto] [--limit N]

The section is what `rubrica eval "$RUBRICA_DATA"/*.dev.jsonl --markdown` prints; everything around it stays as it is.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "results.md"
BEGIN, END = "<!-- judging: begin -->", "<!-- judging: end -->"
HEADING = """## Judging with the seed library

Nothing fitted, no model, no network: the embedded reasoner with the seed library. The sets are public preference data
in one format; those with one candidate a case are judged by how well rewards separate good from bad. While the tools
were written, only failures among the cases with `sha256(id) % 3 == 0` were looked at, so the column `other 2/3` is the
one to read; a few weights were chosen with the totals of all cases in view. Sets whose candidates are pictures have no
verdict yet.

```console
$ rubrica eval "$RUBRICA_DATA"/*.dev.jsonl --markdown
```
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the section on judging of docs/results.md.")
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    files = sorted(map(str, Path(os.environ["RUBRICA_DATA"]).glob("*.dev.jsonl")))
    command = [sys.executable, "-m", "rubrica.cli", "eval", *files, "--markdown", "--sandbox", options.sandbox]
    if options.limit:
        command += ["--limit", str(options.limit)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    page = PAGE.read_text("utf-8") if PAGE.exists() else f"# Results\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(f"{before}{BEGIN}\n{HEADING}\n{told}{END}{after}", "utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
