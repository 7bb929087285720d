"""The editors' desk: builds both languages and tells what is wrong with a page."""
