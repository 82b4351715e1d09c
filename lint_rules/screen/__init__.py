"""What can matter at all: words decide, and may let too much through, never too little."""
