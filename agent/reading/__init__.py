"""Documents to values. Knows the campaign's form, and nothing of mail.

The way of a file:

    files.py       what it is (filetype.py) and what is inside it (containers/), opened in a process apart (apart/)
    documents.py   what a document counts as; paged.py: one with pages, some of them pictures (ocr/)
    formats/       a format's bytes to a Document (grid.py): tables of cells, text, pictures
    words/         a mail's own text (texts.py, and mails.py above it), what in it is only quoted; what words beside a
                   form say of it
    table/         the form in a Document: found by its labels, its rows and header values, several to one
    cell/          what one cell means
    data/          the words that these know, as lists

Each room's own docstring says which module is for what. The process apart is apart/apart.py from here and
apart/worker.py from inside; what they say to each other is apart/carried.py, over apart/wire.py.

Which finding comes from where (a rule's id may stand for several reasons):

    blank                 asked.py: an empty cell; other_figures.py: a column or row that isn't the unit's to report;
                          sums.py: a blank above a right sum; form.py: the form is on a hidden sheet only;
                          marked.py: rows that nobody filled in, beside others
    not_exact             written.py; brackets.py: what stands in brackets behind a figure
    negative, no_result   values.py: a number; written.py: a text
    not_whole             asked.py
    drawn                 values.py
    not_a_number          values.py, written.py, asked.py: what the cell holds; form.py: rows.py couldn't tell whose
                          column the cell is
    wrong_measure         asked.py, values.py: behind or around a number; columns.py: in a heading; form.py: two that
                          contradict; doubting.py: words beside the figure
    normalised            asked.py: a figure; values.py: a date, a telephone; columns.py: a label that is nearly one
    displayed_otherwise   values.py: a cell; paged.py: a page
    no_column             columns.py
    two_columns           columns.py; second_columns.py: a column that names the figure again and says otherwise
    sum_differs           sums.py, split.py
    sum_unmarked          form.py: added up, to be confirmed; other_figures.py: can't be added up; counting.py: a row
                          that may be a sum or none
    two_forms             combining.py; second_tables.py: a table beside the form that says otherwise
    corrected             second_tables.py: a table marked as a correction, to be confirmed
    other_unit, unit_unknown, header_missing       reporter.py
    bad_date, bad_phone   values.py
    other_title           titles.py
    called_otherwise, maybe_added, incomplete      marked.py
    shifted               shifted.py: a bare number in 备注, a column next to one that is missing
    words_besides         doubting.py: words beside the figures
    row_twice, hidden, from_picture      form.py
    two_values            corrections.py: words that put shown figures right
    own_letter, little_text      documents.py
    macros                files.py
    unreadable            asked.py, values.py: a cell in a picture; overlooked.py: a table like the form; documents.py: an
                          object inside, a page among a document's own words; else as the next
    encrypted, too_large, not_supported            refusals.py: whatever a file or page is refused for

Before that, misread.py sets labels of a picture right. What a campaign's checks find is not from here (rules.py).
"""
