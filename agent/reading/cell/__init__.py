"""One cell: values.py says what it means, exactly or not at all.

asked.py is what is asked for, written.py a figure in words (brackets.py, phrases.py, likely.py, numerals.py,
measures.py); numberformat.py and seen.py what a workbook shows; dates.py and phones.py days and telephones;
folding.py one spelling for what looks the same.
"""
