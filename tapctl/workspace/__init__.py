"""Writing a user's folder: documents for what is in a tenant, and every edit of their YAML."""
