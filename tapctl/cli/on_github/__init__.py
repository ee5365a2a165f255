"""The commands of `tapctl github`."""
