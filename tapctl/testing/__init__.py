"""Sign-in tests: what the policies of a folder have to decide, run offline."""
