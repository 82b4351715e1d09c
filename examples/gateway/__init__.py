"""A small multi-tenant gateway with the leak in it: see ``play.py``."""
