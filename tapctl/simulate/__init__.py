"""Questions about sign-ins in, answers out: JSON situations, the command line, journeys of several steps."""
