"""Repairs: the edits of a finding, their application, and the gates before a file is written."""
