"""What chaos.py is made of: mails with what is owed for each, servers that can be killed, actors, and the promises."""
