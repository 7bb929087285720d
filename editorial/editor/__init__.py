"""The editor with buttons: Sveltia CMS, unmodified, with a format of our own that changes nothing but what was edited."""
