"""The subcommands of `tapctl pass`, one a module."""
