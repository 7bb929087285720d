"""What a browser meets: the form and its token, limits, pages, and the answers to them."""
