"""What the workflows need of GitHub: comments, issues, summaries, outputs, and their own files."""
