"""What can be wrong with a file or a row: a code, a sentence that says why, and one that says what to do.

Only the code and the value are stored; the sentences are made in the language of whoever reads them.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError

SHOWN_VALUE = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """`why` and `remedy` are message ids that may use %(value)s, %(field)s and what the problem's detail holds."""

    why: Promise | str
    remedy: Promise | str


ROW_WORDINGS: dict[str, Wording] = {
    "row_cut_short": Wording(
        _("The row has %(have)s cells, the header has %(want)s."),
        _("Fill in the missing cells or delimiters at the end of the row and send it again."),
    ),
    "row_too_long": Wording(
        _("The row has %(have)s cells, the header has %(want)s."),
        _("A cell probably contains the delimiter. Put it in quotation marks and send the row again."),
    ),
    "nul_character": Wording(
        _("The cell contains a NUL character, which no text may hold."),
        _("Save the file again from the program that made it, or delete the character."),
    ),
    "unreadable_characters": Wording(
        _("Some characters of the cell could not be read; they are shown as �."),
        _("Save the file again as UTF-8 and send the row again."),
    ),
    "huge_cell": Wording(
        _("The cell holds %(have)s characters; at most %(want)s are taken."),
        _("Check that an opening quotation mark is closed, or shorten the text."),
    ),
    "bad_json": Wording(
        _("The line is not a JSON object."), _("Write one object in braces per line and send the line again.")
    ),
    "required": Wording(_("The cell is empty, but is needed."), _("Fill in the cell and send the row again.")),
    "no_key": Wording(
        _("The row has no application number, registration number or identifier of its own."),
        _("Fill in one of them, so that the technology is recognised next time."),
    ),
    "repeated_key": Wording(
        _("The number %(key)s is already in row %(first)s of this file; that row is taken."),
        _("Keep one row per number, or give each row an identifier of its own."),
    ),
    "edited_meanwhile": Wording(
        _("Somebody edited this technology after the comparison; that edit stands and the row was not applied."),
        _("Upload the file again to compare it with the edited technology."),
    ),
    "discarded": Wording(
        _("Your organization discarded this technology; it is not taken again."),
        _("Nothing to do. Make it by hand if you want it after all."),
    ),
    "closed": Wording(
        _("Your organization closed this technology; it is not offered again."),
        _("Nothing to do. Make it by hand if you offer it after all."),
    ),
    "also_listed": Wording(
        _("Your organization lists a technology with this application number already (%(number)s)."),
        _("Withdraw one of the two if they are the same, or upload the file under the other one's source."),
    ),
    "spreadsheet_number": Wording(
        _("A spreadsheet shortened this number; its last digits are lost."),
        _("Format the column as text in the spreadsheet, put in the full number and send the row again."),
    ),
    "bad_application_number": Wording(
        _("This is not an application number."),
        _("Write it like 10-2012-0086766, 1020120086766 or PCT/KR2020/000001."),
    ),
    "bad_registration_number": Wording(
        _("This is not a registration number."), _("Write it like 10-1170801 or 1011708010000.")
    ),
    "bad_date": Wording(
        _("This is not a date that can be read without guessing."), _("Write year, month, day like 2023-01-10.")
    ),
    "day_to_come": Wording(
        _("This day has not come yet."), _("Write the day on which it was booked, and send the row again.")
    ),
    "excel_day_number": Wording(
        _("This is a spreadsheet's day number, not a date."),
        _("Format the column as a date in the spreadsheet and send the row again."),
    ),
    "bad_ipc": Wording(_("This is not an IPC code."), _("Write it like G06Q 50/18, several separated by |.")),
    "bad_trl": Wording(_("This is not a technology readiness level."), _("Write one whole number from 1 to 9.")),
    "bad_amount": Wording(
        _("This is not an amount in won."), _("Write it like 50,000,000 or 5천만원, or leave it empty.")
    ),
    "bad_right_status": Wording(
        _("This is not a status of a right."),
        _("Use one of 출원, 공개, 심사중, 등록, 거절, 취하, 포기, 무효, 소멸."),
    ),
    "bad_deal_kind": Wording(
        _("This is not a kind of deal."),
        _(
            "Use one of 양도, 전용실시권, 통상실시권, 기술지도, 공동연구, 현물출자, 무상이전; several "
            "separated by a comma."
        ),
    ),
    "bad_url": Wording(_("This is not a web address."), _("Write it with http:// or https://.")),
    "too_long": Wording(
        _("The text has %(have)s characters; at most %(want)s are taken."),
        _("Shorten the text and send the row again."),
    ),
    "security_project": Wording(
        _("The row is marked as a security project; these may not be listed in public."),
        _("Leave the row out of the file."),
    ),
    "bad_yes_no": Wording(_("This is neither yes nor no."), _("Write Y or N.")),
    "registered_before_applied": Wording(
        _("The registration date lies before the application date."), _("Correct one of the two dates.")
    ),
    "lost_characters": Wording(
        _("The file's encoding cannot hold “%(lost)s”; the fuller text we have is kept."),
        _("Nothing to do. Save as UTF-8 to keep all characters."),
    ),
    "possibly_lost_character": Wording(
        _("A question mark inside a word may stand for a character that the file's encoding cannot hold."),
        _("Compare with the original. Save as UTF-8 to keep all characters."),
    ),
    "total_row": Wording(_("This is a total, not a technology; the row is left out."), _("Nothing to do.")),
}

FILE_WORDINGS: dict[str, Wording] = {
    "worker_lost": Wording(
        _("The work stopped several times before it was done."),
        _("Try again. If it stops again, split the file and send the parts."),
    ),
    "write_failed": Wording(
        _("Some rows could not be written (%(value)s)."), _("Try again, and tell the operator if it fails again.")
    ),
    "mapping_lost": Wording(_("The file no longer has the columns that were chosen."), _("Choose the columns again.")),
    "empty_file": Wording(_("The file is empty."), _("Choose the file that holds the rows.")),
    "no_rows": Wording(_("The file has a header, but no rows."), _("Choose the file that holds the rows.")),
    "not_a_table": Wording(
        _("“%(name)s” is %(kind)s, not a table."), _("Save the table as CSV or XLSX and send that file.")
    ),
    "old_excel": Wording(
        _("“%(name)s” is an old Excel or Hangul document."),
        _("Open it and save it as XLSX or CSV, then send that file."),
    ),
    "archive": Wording(
        _("“%(name)s” is an archive, not a workbook."), _("Unpack it and send the file that is inside.")
    ),
    "password": Wording(
        _("The workbook is protected by a password."), _("Save it without a password and send it again.")
    ),
    "zip_bomb": Wording(
        _("The workbook would unpack to %(have)s MB; at most %(want)s MB are taken."),
        _("Delete sheets, pictures and formatting that are not needed, or save it as CSV."),
    ),
    "broken_workbook": Wording(
        _("The workbook is damaged and cannot be opened."),
        _("Open it in the spreadsheet, save it again and send that file."),
    ),
    "broken_xml": Wording(
        _("The XML is damaged at line %(line)s."), _("Fetch the answer again and send the complete file.")
    ),
    "forbidden_xml": Wording(
        _("The XML declares entities, which are not allowed."), _("Fetch the answer again; KIPRIS sends none.")
    ),
    "no_items": Wording(
        _("The XML holds no records (PatentUtilityInfo or item)."), _("Send the answer of the service as it came.")
    ),
    "service_error": Wording(
        _("The service answered with an error: %(value)s"), _("Fetch the answer again and send the complete file.")
    ),
    "broken_json": Wording(
        _("The JSON is damaged at line %(line)s, column %(column)s."), _("Correct the file and send it again.")
    ),
    "json_without_rows": Wording(
        _("The JSON holds no list of objects."), _("Send a list of objects, or one object per line.")
    ),
    "unknown_encoding": Wording(
        _("The characters of the file cannot be read (byte %(value)s)."),
        _("Save the file as “CSV UTF-8” and send it again."),
    ),
    "wrong_format": Wording(
        _("The file is not %(want)s; it looks like %(have)s."), _("Choose “recognise by itself” as the format.")
    ),
    "quote_not_closed": Wording(
        _("A quotation mark that opens in row %(line)s is never closed."), _("Close it and send the file again.")
    ),
    "too_many_columns": Wording(
        _("The file has %(have)s columns; at most %(want)s are taken."), _("Delete the columns that are not needed.")
    ),
    "too_many_rows": Wording(_("The file has more than %(want)s rows."), _("Split the file and send the parts.")),
    "too_large": Wording(
        _("The file has %(have)s MB; at most %(want)s MB are taken."), _("Split the file and send the parts.")
    ),
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One cell (or row, where `field` is empty) that could not be taken. `row` counts from 1 as a spreadsheet does.

    A warning does not refuse the row.
    """

    row: int
    code: str
    field: str = ""
    value: str = ""
    detail: tuple[tuple[str, str], ...] = ()
    warning: bool = False

    @property
    def why(self) -> str:
        return self._say(ROW_WORDINGS[self.code].why)

    @property
    def remedy(self) -> str:
        return self._say(ROW_WORDINGS[self.code].remedy)

    def _say(self, text: Promise | str) -> str:
        return str(text) % {"value": self.value, "field": self.field, **dict(self.detail)}

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "detail": dict(self.detail)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "RowProblem":
        return cls(**{**data, "detail": tuple(data.get("detail", {}).items())})


def storable(text: str) -> str:
    """Text as the database can keep it: a NUL is shown, half a surrogate pair becomes a question mark."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")


def problem(
    row: int, code: str, field: str = "", value: str = "", *, warning: bool = False, **detail: object
) -> RowProblem:
    shown = value if len(value) <= SHOWN_VALUE else value[:SHOWN_VALUE] + "…"
    return RowProblem(row, code, field, storable(shown), tuple((k, str(v)) for k, v in detail.items()), warning)


class FileProblem(DomainError):
    """The file as a whole cannot be taken. `code` is a key of `FILE_WORDINGS`."""

    def __init__(self, code: str, **detail: object) -> None:
        self.code = code  # type: ignore[misc]
        self.detail = {k: str(v) for k, v in detail.items()}
        wording = FILE_WORDINGS[code]
        super().__init__(f"{str(wording.why) % self.detail} {str(wording.remedy) % self.detail}", field="file")

    @property
    def why(self) -> str:
        return str(FILE_WORDINGS[self.code].why) % self.detail

    @property
    def remedy(self) -> str:
        return str(FILE_WORDINGS[self.code].remedy) % self.detail


class BadValue(ValueError):
    """A cell that cannot be read; `code` is a key of `ROW_WORDINGS`, `part` the piece at fault."""

    def __init__(self, code: str, part: str = "", **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.part = part
        self.detail = detail
