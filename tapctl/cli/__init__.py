"""The commands: options in, a call of the pipeline, a report out, an exit code."""
