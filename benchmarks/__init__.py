"""Speed and accuracy, measured by commands that anyone can run; `results` keeps the tables."""
