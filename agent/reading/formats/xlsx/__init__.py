"""A workbook, straight from its XML: sheets.py is asked; book.py, cells.py, styles.py, conditions.py are its parts."""
