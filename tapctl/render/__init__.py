"""A Report → text in one format: `render(report) -> str` and nothing else."""
