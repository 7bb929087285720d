"""What is wrong with it: every rule, and the report in words."""
