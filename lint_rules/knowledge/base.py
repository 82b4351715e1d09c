"""Everything a rule may ask, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.summaries import Library
from lint_rules.knowledge.helpers import Helpers
from lint_rules.knowledge.perrequest import Fields
from lint_rules.knowledge.relevance import Relevance
from lint_rules.knowledge.sharing import Sharing
from lint_rules.knowledge.sources import Sources

if TYPE_CHECKING:
    from lint_rules.screen.survey import Survey


class Knowledge:
    """The facts of a project and what they say together."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.project = survey.project
        self.settings = survey.settings
        self.library = Library(self.project, self.settings)
        self.helpers = Helpers(self.library, survey)
        self.fields = Fields(self.library, self.helpers, survey)
        self.sharing = Sharing(self.library, self.helpers, survey)
        self.sources = Sources(self.library, self.helpers)
        self.relevance = Relevance(self.library, self.fields, self.sharing, survey)
