"""A campaign as data, read and checked: rules.py (form, fields, checks, dates), units.py (who reports, under which names).

settings.py is config.yaml; yamlfile.py the one place that reads YAML, with errors that name file and line;
resources.py where the built-in files are. What is done with them is other rooms' affair.
"""
