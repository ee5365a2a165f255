"""Text for people and from people, for every layer: words, moments, and a stranger's text made harmless."""
