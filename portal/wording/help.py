"""The help pages: by role, and of each what people come to do. The search over everything reads them, too."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.core.text import tidy


@cache
def _there(file: str) -> str:
    return file if (settings.BASE_DIR / "static" / file).is_file() else ""


@dataclass(frozen=True)
class Task:
    """What somebody wants to do. `address` names the page where it begins; `picture` shows it, said in `alt`."""

    key: str
    title: str | Promise
    steps: tuple[str | Promise, ...]
    address: str = ""
    picture: str = ""
    alt: str | Promise = ""

    @property
    def picture_file(self) -> str:
        """In the reader's language; in English where the reader's is neither. Empty where none was taken."""
        language = "ko" if (get_language() or "ko").startswith("ko") else "en"
        return _there(f"img/help/{language}/{self.picture}.webp") if self.picture else ""


@dataclass(frozen=True)
class Role:
    """`one_sentence` is what this is for them, also on the home page."""

    key: str
    title: str | Promise
    one_sentence: str | Promise
    tasks: tuple[Task, ...]


ROLES: tuple[Role, ...] = (
    Role(
        "institute",
        _("Institutes"),
        _("List what your research made, keep the duty to list it, and answer firms by a fixed day."),
        (
            Task(
                "list",
                _("List a technology"),
                (
                    _("Open “My technologies” and press “New technology”."),
                    _("Say in one sentence what it does for a firm, how far it is developed, and what you offer."),
                    _("Add the patents. What is missing for registration stands beside the form."),
                    _("Send it for registration. An officer registers it or says what to complete."),
                ),
                "tech_listings:mine",
                "institute-list",
                _("The list of the institute’s own technologies with their states"),
            ),
            Task(
                "import",
                _("Bring in a file"),
                (
                    _("Open “File uploads” and choose the file your office already keeps: CSV or Excel."),
                    _("Check which column is what. Most columns are recognised by their names."),
                    _("Read what would change, and what was refused and why. Nothing has changed until then."),
                    _("Press “Apply”. You can leave the page; you are told when it is done."),
                ),
                "tech_listings:ingest_list",
                "institute-import",
                _("The page of uploaded files with the state of each"),
            ),
            Task(
                "duty",
                _("Do what is due"),
                (
                    _("Open “What is due”. What is overdue stands first."),
                    _("Make a draft of a technology from the result: what is known is filled in."),
                    _("If a result cannot be listed, ask for an exemption and attach the evidence."),
                ),
                "obligations:work",
                "institute-duty",
                _("The duties of an institute by their dates, each with one way on"),
            ),
            Task(
                "answer",
                _("Answer a firm"),
                (
                    _("What waits on you stands first on the home page, with the day it is due."),
                    _("Open the request, and say that you will talk, or decline with a reason."),
                    _("Negotiate on the same page: messages, meetings, offers, and then the contract."),
                ),
                "deals:list",
            ),
        ),
    ),
    Role(
        "firm",
        _("Firms"),
        _("Find a technology of public research, ask for it, compare ways to pay, and have help paid by a voucher."),
        (
            Task(
                "find",
                _("Find a technology"),
                (
                    _("Type what you need in your own words, or paste a whole description."),
                    _("Narrow it by field, readiness, price and kind of deal."),
                    _("Save the search: you are told when something new fits."),
                    _("Nothing fits? Post a need. Institutes and brokers answer by the day you set."),
                ),
                "tech_listings:list",
                "firm-find",
                _("The list of technologies with the search box and filters"),
            ),
            Task(
                "ask",
                _("Ask for a transfer"),
                (
                    _("Open the technology and press “Ask for transfer”."),
                    _("Say what you want to use it for. Only the institute reads it."),
                    _("The page shows by which day the institute has to answer."),
                ),
                "deals:list",
                "firm-ask",
                _("One technology with the button to ask for it"),
            ),
            Task(
                "compare",
                _("Compare ways to pay"),
                (
                    _("Open the offer in the negotiation. It may hold several ways to pay."),
                    _("Enter what you expect to sell. The page shows what each way would cost you, year by year."),
                    _("Choose one, and accept the offer."),
                ),
                "deals:ways_to_pay",
                "firm-compare",
                _("The ways to pay for a technology explained side by side"),
            ),
            Task(
                "voucher",
                _("Use a voucher"),
                (
                    _("Open “Calls” and choose one that is open. It says whether your firm fits."),
                    _("Fill in the application part by part; it is saved as you go."),
                    _("After the agreement you get the voucher. Choose a provider, ask for a quotation, and order."),
                    _("Accept what was delivered. The provider is then paid."),
                ),
                "programmes:calls",
                "firm-voucher",
                _("The list of calls with their deadlines"),
            ),
        ),
    ),
    Role(
        "broker",
        _("Brokers"),
        _("Register once, take mandates from both sides in the open, and quote fees beside the guideline."),
        (
            Task(
                "register",
                _("Register"),
                (
                    _("Open “Registration and duties” and choose agency or trader."),
                    _("The page says what is required, and what of it is still missing."),
                    _("Hand it in. You are told what an officer asks for, and by when."),
                ),
                "brokers:apply",
                "broker-register",
                _("The register of brokers that everybody sees"),
            ),
            Task(
                "mandate",
                _("Take a mandate"),
                (
                    _("Offer a mandate to a holder or a firm, or answer one that was offered to you."),
                    _("Say for what it is, how long, and who acts. Both sides agree on the page."),
                    _("If you act for the other side as well, both clients have to agree first."),
                ),
                "brokers:mandates",
            ),
            Task(
                "quote",
                _("Quote a fee"),
                (
                    _("Calculate the fee: the page shows the guideline line by line."),
                    _("Quote it to your client. Outside the band you have to give a reason."),
                    _("The client accepts or declines on the same page."),
                ),
                "brokers:fees",
                "broker-quote",
                _("The calculator of brokers’ fees"),
            ),
        ),
    ),
    Role(
        "officer",
        _("Officers"),
        _("See first what waits on you, decide with a colleague where the law asks for it, and read figures."),
        (
            Task(
                "review",
                _("Register technologies"),
                (
                    _("Open “Registration”. What waits longest stands first."),
                    _("Read what changed since it was returned, and what was found automatically."),
                    _("Register it, or return it with what is to be completed. Many can be done together."),
                ),
                "tech_listings:review",
                "officer-review",
                _("The queue of technologies that wait for registration"),
            ),
            Task(
                "brokers",
                _("Watch over brokers"),
                (
                    _("Open “Oversight of brokers”: applications, duties and cases."),
                    _("Take one up, check the documents, and ask for what is missing."),
                    _("What ends a registration needs a hearing and a second officer."),
                ),
                "brokers:office_queue",
            ),
            Task(
                "calls",
                _("Run a call and pay vouchers"),
                (
                    _("Write the call section by section; a colleague publishes it."),
                    _("Check applications, let the panel score them, and propose the selection."),
                    _("The desk shows what waits: claims, payments, changes, objections."),
                ),
                "programmes:office_calls",
            ),
        ),
    ),
    Role(
        "partner",
        pgettext_lazy("help", "Other platforms"),
        _("Read every public technology by API, and keep a copy that misses nothing."),
        (
            Task(
                "api",
                _("Read by API"),
                (
                    _("The description of the API lists every address, parameter and answer."),
                    _("Public lists need no key. For more, a manager makes one under “Open data”, “Keys”."),
                    _("An unknown parameter is an error: you notice a typing mistake at once."),
                ),
                "api-docs",
                "partner-api",
                _("The description of the API with its operations"),
            ),
            Task(
                "mirror",
                _("Keep a copy"),
                (
                    _("Take the newest file of the page “Open data”, and the cursor that stands with it."),
                    _("Ask for the changes since that cursor. What comes as deleted is to be removed from your copy."),
                    _("Keep each new cursor. If you were cut off, go on from the last one: nothing is skipped."),
                ),
                "open_data:index",
            ),
            Task(
                "figures",
                _("Take the figures"),
                (
                    _("Every table of the open statistics can be downloaded as CSV."),
                    _("The day of the figures stands beside each table."),
                ),
                "portal:statistics",
            ),
        ),
    ),
)
BY_KEY = {role.key: role for role in ROLES}


@dataclass(frozen=True)
class Found:
    """A task that has every word asked for."""

    role: Role
    task: Task


def find(words: str) -> Iterator[Found]:
    """Tasks whose title, role or steps hold every word, in the reader's language; those with it in the title first."""
    wanted = tidy(words).casefold().split()
    if not wanted:
        return
    rest = []
    for role in ROLES:
        for task in role.tasks:
            title = f"{task.title} {role.title}".casefold()
            if all(word in title for word in wanted):
                yield Found(role, task)
            elif all(word in f"{title} {' '.join(map(str, task.steps))}".casefold() for word in wanted):
                rest.append(Found(role, task))
    yield from rest
