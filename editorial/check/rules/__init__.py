"""The rules of the desk, by the names that the report and the handbook use."""
