"""What an official writes, and the mail that it becomes: the submission, its words, its form, its receipt."""
