"""The figures of the plan: what each is (`registry`), from which rows it comes, who sees what of it (`access`)."""
