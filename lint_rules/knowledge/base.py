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
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings


class Knowledge:
    """The facts of a project and what they say together."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.library = Library(project, settings)
        self.helpers = Helpers(self.library)
        self.fields = Fields(self.library, self.helpers)
        self.sharing = Sharing(self.library, self.helpers)
        self.sources = Sources(self.library, self.helpers)
        self.relevance = Relevance(self.library, self.fields)
