"""The form in a table: form.py finds it and reads its figures and header values.

labels.py, near.py, layout.py, columns.py, split.py: whose column is which; rows.py and part.py: what belongs to it;
heading.py, headers.py, reporter.py: who reports; sums.py, counting.py, combining.py (found.py): several rows or tables
to one form; beside.py, second_tables.py: tables of some figures; marked.py, periods.py, titles.py, other_figures.py,
overlooked.py, shifted.py: what isn't the form, or may not be, said and never passed over; misread.py: a picture's labels.
"""
