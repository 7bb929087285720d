"""What editors type: a new page, a translation confirmed, a rename, a release, the worklist."""
