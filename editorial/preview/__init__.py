"""Both languages while an editor writes, with what is wrong on the page."""
