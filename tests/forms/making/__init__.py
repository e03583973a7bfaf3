"""What draws the corpus of forms: abstract forms, one writer a program, one module a family."""
