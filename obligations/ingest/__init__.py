"""Files of R&D projects and their results: which columns they have and what their rows say."""
