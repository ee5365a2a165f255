"""The pass itself: issued, handed over once, followed to a permanent method, deleted."""
