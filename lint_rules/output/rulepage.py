"""The documentation page of a rule, for ``--explain`` and for the help of code scanners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.rules.base import Page, Rule

DOCS = "https://github.com/flake8-cache-leak/flake8-cache-leak/blob/main/docs/rules"
"""Where the pages can be read."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a reader needs to know of one rule."""

    code: str
    name: str
    summary: str
    description: str
    markdown: str

    @property
    def uri(self) -> str:
        """The address of the rule's page."""
        return f"{DOCS}/{self.code}.md"


def rule_page(code: str) -> str | None:
    """The page of a rule as Markdown; None when there is no such rule."""
    rule = _rule(code)
    return None if rule is None else _markdown(rule)


def known_codes() -> tuple[str, ...]:
    """The codes of all rules."""
    from lint_rules.rules import all_rules

    return tuple(rule.code for rule in all_rules())


def rule_text(code: str, name: str) -> RuleText:
    """The texts of a rule; of one that is not registered, its name says it all."""
    rule = _rule(code)
    if rule is None:
        words = name.replace("-", " ")
        return RuleText(code, name, words, words, f"# {name} ({code})\n")
    what = rule.summary if rule.page is None else " ".join(rule.page.what.split())
    return RuleText(code, rule.name, rule.summary, what, _markdown(rule))


def _rule(code: str) -> Rule | None:
    # The registry imports every rule; only a reader of pages pays for that.
    from lint_rules.rules import get_rule

    return get_rule(code)


def _markdown(rule: Rule) -> str:
    summary = rule.summary[:1].upper() + rule.summary[1:]
    head = f"# {rule.name} ({rule.code})\n\n{summary.rstrip('.')}.\n"
    return head if rule.page is None else head + "".join(_sections(rule.page))


def _sections(page: Page) -> list[str]:
    parts = {
        "What it does": page.what.strip(),
        "Why is this bad?": page.why.strip(),
        "Example": _code(page.bad),
        "Use instead": _code(page.good),
        "Options": "\n".join(f"- `{option}`" for option in page.options),
        "Fix safety": page.fix_safety.strip(),
        "References": "\n".join(f"- {reference}" for reference in page.references),
    }
    return [f"\n## {title}\n\n{body}\n" for title, body in parts.items() if body]


def _code(text: str) -> str:
    body = text.strip("\n")
    return f"```python\n{body}\n```" if body else ""
