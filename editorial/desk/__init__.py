"""What lies on the desk: the pages and lists as editors write them, read once for every rule and command."""
