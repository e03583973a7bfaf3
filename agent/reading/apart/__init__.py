"""Reading in a process of its own, bounded in time, memory and disk.

apart.py is that process from here, worker.py from inside, wire.py and carried.py what they say to each other;
opening.py what is asked of it; effort.py the bounds; outside.py other programs, bounded alike.
"""
