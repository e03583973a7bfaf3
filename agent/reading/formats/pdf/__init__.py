"""A PDF with text in it, by what is seen on its pages: document.py is asked, file.py answers in the process apart."""
