"""What reports look like.  The modules here present findings; they never analyse."""
