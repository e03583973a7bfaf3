"""Words around a form: texts.py a mail's own, prose.py an account.

quoting.py, quotedpages.py, ownwords.py: what is only quoted. doubting.py (around.py, accompanying.py, mentions.py,
statements.py, contradicting.py): what speaks against a figure; signs.py (signtable.py): what says that it isn't the
whole; corrections.py: figures put right a line each; affirming.py, explaining.py, asking.py: a yes, a reason, a
question. Their lists are in ../data/.
"""
