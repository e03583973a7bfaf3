"""What lasts: archive.py writes it, ledger/ records it, manifest.py knows a report's files; workspace.py has all open.

backup.py and bundle.py copy it; purge.py and removal.py remove what the rule of retention says, words.py tells of
it; recovery.py makes good what a stop left half done; rebuild.py and replay.py make it anew from the archive,
verify.py compares.
"""
