"""What a neighbourhood is and does."""

VERSION = "0.1.0"  # of the whole product; pyproject.toml reads it here
