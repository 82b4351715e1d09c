"""``python -m lint_rules`` is ``fix-cache-leak``."""

from lint_rules.cli import main

if __name__ == "__main__":
    main()
