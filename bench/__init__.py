"""Every figure that Curate's documentation may claim, each beside a peer that does the same work in the same run."""
