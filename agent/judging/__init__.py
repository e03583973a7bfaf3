"""The pure middle: what one mail comes to. No clock, no network, no disk.

outcome.py is the way; evidence.py whose the mail is; contents.py what it brings; replies.py what it says about a
form, restated.py and saying.py what else its words say; commands.py, command_words.py and tokens.py what the contact orders by it; personal_notes.py what personal data
it shows.
"""
