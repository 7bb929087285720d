"""The web server's configuration."""
