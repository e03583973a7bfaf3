"""What is due when, and the letters that leave.

loop.py is the scheduled agent; timetable.py says what is due, and only that; mailings.py digest and reminders;
dispatch.py sends what is queued, each letter once; final_report.py the merge, run by hand; stopping.py ends it.
"""
