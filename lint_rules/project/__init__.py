"""Where things are: modules, classes, functions and names of a project, read with ``ast`` alone."""
