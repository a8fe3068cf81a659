"""What the law makes of a won of royalty: plain figures in, whole won out. No database, no clock.

Whose receipt it is decides which half is used: a non-profit holder shares its royalty out (`distribution`), a company
that holds a result of national R&D pays a part of it to the government (`government`).
"""
