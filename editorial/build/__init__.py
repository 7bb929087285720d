"""From pages to the site: the hooks of the one build that makes both languages."""
