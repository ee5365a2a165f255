"""Whether an environment can be worked with: who signs in, what they may do, what the tenant is like."""
