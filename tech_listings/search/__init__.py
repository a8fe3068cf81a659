"""Search: terms and their weights (`terms`, `documents`), meaning (`meaning`), what people type (`language`), what is
found and in which order (`ranking`), why (`reasons`), and what helps while typing (`words`). See docs/search.md."""
