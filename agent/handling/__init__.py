"""Effects around one mail or one decision: the only room that lets them happen in order.

fetching.py: from the mailbox to the disk. intake.py: judged and committed, with the letter that answering.py writes.
signatures.py and refetch.py: what the network is asked once more; cutshort.py and retrying.py: what came broken, or failed. decisions.py and handing_in.py: what a person
decides at the terminal; executing.py: by mail.
"""
