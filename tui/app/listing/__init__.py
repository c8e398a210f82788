"""What is known, as rows and lines of text: the words of lists and details, no widgets' state."""
