"""All that one unit has sent for one campaign, as a pure fold over what is recorded.

submission.py is what is recorded (one mail's, one decision's); dossier.py puts it together, version.py is one form as
it stands; closing.py, own_corrections.py and old_copies.py say which warnings are settled, which figures the unit put
right, which form is an old one; open_items.py what was said and waits; oddities.py what is odd among units; overview.py
where the whole campaign stands; letter_ids.py what our letters are called, by which an answer is known.
"""
