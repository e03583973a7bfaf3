"""What every room may use, and which uses no other room.

errors.py is the tree of what may go wrong; findings.py one thing wrong or odd in what was sent; mime.py, mimehead.py,
mimetext.py, mimewrapped.py and cms.py a mail taken apart; noise.py and unseen.py what in it is no word; personal.py and masked.py personal data, found and masked; plain.py, line.py and
jsontext.py how numbers, lines and JSON are written; logbook.py and trouble.py what is logged and what is the
machine's fault; private_files.py whose files are; failpoints.py where a test may stop the process.
"""
