"""The command line: `python -m curate VERB`, a module for each group of verbs.

What needs the workspace is imported inside the verbs, so that `--help` answers at once.
"""

from curate.cli import importing, embeddings, clustering, searching, tagging, status, serving, worker  # noqa: F401, I001 - in the help's order
from curate.cli.app import app, main

__all__ = ["app", "main"]
