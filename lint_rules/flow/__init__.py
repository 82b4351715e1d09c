"""What one function does to objects: an abstract interpretation over its libcst tree."""
