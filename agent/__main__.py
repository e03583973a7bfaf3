"""`python -m agent` is `report-agent`."""

import os
import sys

# `-m` looks in the folder where it was started before anywhere else: what lies there beside this package is no
# library of ours, whatever it is called.
if not sys.flags.safe_path:
    here = os.path.realpath("")
    sys.path[:] = [one for one in sys.path if os.path.realpath(one) != here]

from agent.cli.commands import main

if __name__ == "__main__":
    main()
