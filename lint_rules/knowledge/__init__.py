"""What the facts of single functions say together: helpers, merges, per-request fields, sharing."""
