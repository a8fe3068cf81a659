"""From a file to checked records: reading, mapping of columns, values. Knows no database."""
