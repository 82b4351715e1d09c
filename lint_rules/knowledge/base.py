"""Everything a rule may ask, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.summaries import Library
from lint_rules.knowledge.contents import CLEAN, Contents
from lint_rules.knowledge.helpers import Helpers
from lint_rules.knowledge.perrequest import FIELDS, Fields
from lint_rules.knowledge.relevance import PLAUSIBLE, Relevance
from lint_rules.knowledge.said import Said
from lint_rules.knowledge.sharing import POSSIBLE, SHARED, Sharing
from lint_rules.knowledge.sources import Sources
from lint_rules.knowledge.staying import Staying
from lint_rules.knowledge.told import asked_again

if TYPE_CHECKING:
    from lint_rules.screen.survey import Survey


class Knowledge:
    """The facts of a project and what they say together."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.project = survey.project
        self.settings = survey.settings
        self.library = Library(self.project, self.settings, survey.cache_objects)
        self.helpers = Helpers(self.library, survey)
        self.said = Said(self.library, self.helpers)
        self.fields = Fields(self.library, self.helpers, self.said, survey)
        self.sharing = Sharing(self.fields, self.said)
        self.contents = Contents(self.library, self.fields, survey)
        self.staying = Staying(self.helpers, self.contents)
        self.sources = Sources(self.library, self.helpers)
        self.relevance = Relevance(self.library, self.fields, self.sharing, survey)

    def derive(self, name: str) -> str:
        """A digest of what is answered now to the question of that name; empty for one of another time."""
        return self.library.derive(name) or asked_again(self.project, {
            FIELDS: lambda model: self.fields.of_model(model).said,
            PLAUSIBLE: self.relevance.plausible,
            POSSIBLE: self.sharing.possible,
            SHARED: self.sharing.model,
            CLEAN: self.contents.clean,
        }, name)  # fmt: skip
