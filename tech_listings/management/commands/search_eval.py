"""Measure the search on documents, questions and judgements, in a scratch place, through the product's own code."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tech_listings.services.evaluate import BadInput, evaluate, read_documents, read_judgements, read_questions


class Command(BaseCommand):
    help = (
        "Index documents in a scratch place, ask questions through the product's own search, and print nDCG@10, "
        "recall@10, recall@100, MRR, hit@1 and milliseconds per question. Nothing of the installation is touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--documents", required=True, type=Path, help="JSON lines with id (or doc_id), title, text")
        parser.add_argument("--queries", required=True, type=Path, help="JSON lines with query_id (or id) and text")
        parser.add_argument("--qrels", required=True, type=Path, help="tab separated: query_id, doc_id, grade")
        parser.add_argument("--exclude-self", action="store_true", help="a document is no answer to its own question")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            documents = read_documents(options["documents"])
            questions = read_questions(options["queries"])
            judgements = read_judgements(options["qrels"])
            found = evaluate(
                documents=documents,
                questions=questions,
                judgements=judgements,
                exclude_self=options["exclude_self"],
                tell=None if options["json"] else lambda line: self.stderr.write(line),
            )
        except BadInput as problem:
            raise CommandError(str(problem)) from None
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, value in found.items():
            self.stdout.write(f"{name:<22} {value:.4f}" if isinstance(value, float) else f"{name:<22} {value}")
