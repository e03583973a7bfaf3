"""What is kept, looked after: a copy of all of it (backup), and its removal once its time is over (purge)."""
