"""What policies decide, offline: facts, policies, one sign-in → a decision with a trace. All is pure."""
