"""The commands: arguments in, terminal out, no logic.

commands.py has them all; check.py, init.py and read_files.py what three of them do; show_status.py and
show_reading.py how a status and a reading look; usage.py and wrapping.py the command line's own language and width.
"""
