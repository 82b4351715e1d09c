"""``python -m lint_rules`` is ``fix-cache-leak``."""

import os
import sys

if __name__ == "__main__":
    # Python looks for modules in the working directory first.  That may be the checkout to be
    # looked at, and none of its code is to be run: not a libcst.py of its own either.
    here = os.getcwd()
    sys.path[:] = [entry for entry in sys.path if entry and os.path.abspath(entry) != here]

    from lint_rules.cli import main

    main()
