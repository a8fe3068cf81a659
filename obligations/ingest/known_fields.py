"""Which column headers of project and result files are known, and what each fills.

Sources: NTIS and its R&D-IP link (domain-facts §1.2), the fields of a National Tech Bank listing, headers that offices
write by hand.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tech_listings.ingest.known_fields import IN_BRACKETS, header_key
from tech_listings.ingest.mapping import Fields

PROJECT_TARGETS = {
    "number": gettext_lazy("Project number"),
    "title": pgettext_lazy("project", "Title"),
    "ministry": gettext_lazy("Ministry"),
    "programme": gettext_lazy("R&D programme"),
    "lead": gettext_lazy("Lead institute"),
    "lead_number": gettext_lazy("Business number of the lead institute"),
    "partners": gettext_lazy("Partner institutes"),
    "investigator_name": gettext_lazy("Principal investigator"),
    "investigator_email": gettext_lazy("E-mail of the principal investigator"),
    "period": gettext_lazy("Period of the agreement"),
    "starts_on": gettext_lazy("Beginning of the agreement"),
    "ends_on": gettext_lazy("End of the agreement"),
    "completed_on": gettext_lazy("Completed on"),
    "report_submitted_on": gettext_lazy("Final report handed in on"),
    "report_published_on": gettext_lazy("Final report published on"),
    "government_won": gettext_lazy("Government money (won)"),
    "total_won": gettext_lazy("Total money (won)"),
    "is_security": gettext_lazy("Security project"),
}
RESULT_TARGETS = {
    "project": gettext_lazy("Project number"),
    "external_id": gettext_lazy("Identifier of your own"),
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Title"),
    "application_number": gettext_lazy("Application number"),
    "registration_number": gettext_lazy("Registration number"),
    "owner": gettext_lazy("Institute that owes"),
    "owner_number": gettext_lazy("Business number of that institute"),
    "inventors": gettext_lazy("Inventors"),
    "contribution_bp": gettext_lazy("Contribution of the project"),
    "completed_on": gettext_lazy("Completed on"),
    "application_on": gettext_lazy("Application date (counts where no other day is given)"),
    "is_expected": gettext_lazy("Expected, not yet reported"),
}
NUMBERS = (
    "과제고유번호 과제번호 과제세부번호 연구과제번호 연구개발과제번호 과제관리번호 국가과제고유번호 "
    "projectnumber projectno projectid NTB_A_F_052"
)
PROJECT_WORDS = {
    "number": NUMBERS,
    "title": (
        "과제명 과제명칭 과제명칭국문 과제명국문 연구과제명 연구개발과제명 국문과제명 projecttitle projectname title "
        "NTB_A_F_054"
    ),
    "ministry": "부처명 부처 소관부처 중앙행정기관 ministry NTB_A_F_062",
    "programme": "사업명 연구사업명 예산사업명 세부사업명 내역사업명 programme program NTB_A_F_056",
    "lead": (
        "주관기관 주관기관명 주관연구기관 주관연구기관명 주관연구개발기관 주관연구개발기관명 과제수행기관 "
        "과제수행기관명 연구수행기관 연구기관명 leadinstitute leadorganization NTB_A_F_060"
    ),
    "lead_number": (
        "사업자등록번호 사업자번호 주관기관사업자등록번호 주관기관사업자번호 businessnumber leadbusinessnumber"
    ),
    "partners": "참여기관 참여기관명 공동연구기관 공동연구기관명 공동연구개발기관 partners partnerinstitutes",
    "investigator_name": "연구책임자 연구책임자명 책임자 principalinvestigator investigator NTB_A_F_058",
    "investigator_email": "연구책임자이메일 연구책임자전자우편 책임자이메일 investigatoremail",
    "period": "연구기간 총연구기간 과제기간 협약기간 수행기간 연구개발기간 period projectperiod",
    "starts_on": (
        "연구시작일 연구개시일 총연구시작일 총연구기간연구시작일 총연구기간시작일 협약시작일 과제시작일 시작일 "
        "startson startdate projectstart NTB_A_F_067"
    ),
    "ends_on": (
        "연구종료일 총연구종료일 총연구기간연구종료일 총연구기간종료일 협약종료일 과제종료일 종료일 "
        "endson enddate projectend NTB_A_F_068"
    ),
    "completed_on": "과제완료일 완료일 완료일자 개발완료일 completedon completiondate",
    "report_submitted_on": "최종보고서제출일 보고서제출일 최종보고서제출일자 reportsubmittedon",
    "report_published_on": "최종보고서공개일 보고서공개일 최종보고서공개일자 reportpublishedon",
    "government_won": "정부연구비 정부출연금 정부지원연구비 정부투자연구비 governmentwon governmentfunding",
    "total_won": "총연구비 총사업비 연구비합계 연구비총액 totalwon totalfunding totalbudget",
    "is_security": "보안등급 보안과제 보안과제여부 보안여부 security securityclass securityproject NTB_A_F_064",
}
RESULT_WORDS = {
    "project": NUMBERS,
    "external_id": "성과번호 성과고유번호 성과관리번호 관리번호 식별번호 resultnumber resultid externalid id",
    "kind": "성과유형 성과종류 성과구분 성과분류 유형 resultkind resulttype kind type",
    "title": (
        "발명의명칭 발명의명칭국문 성과명 성과물명 기술명 과제결과물명 특허명 명칭 제목 resulttitle inventiontitle "
        "title NTB_A_F_047"
    ),
    "application_number": "출원번호 특허출원번호 applicationnumber applicationno NTB_A_F_039",
    "registration_number": "등록번호 특허등록번호 프로그램등록번호 registrationnumber registrationno NTB_A_F_045",
    "owner": "성과소유기관 소유기관 소유기관명 보유기관 권리자 owner ownerinstitute",
    "owner_number": "소유기관사업자등록번호 소유기관사업자번호 사업자등록번호 사업자번호 ownerbusinessnumber",
    "inventors": "발명자 발명자명 개발자 연구자 inventors inventor",
    "contribution_bp": "연구과제기여율 과제기여율 기여율 contribution contributionrate",
    "completed_on": "성과발생일 성과발생일자 성과일자 완료일 완료일자 개발완료일 completedon completiondate",
    "application_on": "출원일 출원일자 applicationdate NTB_A_F_040",
    "is_expected": "예상성과 예상여부 예상성과여부 expected isexpected",
}


def _finder(words: Mapping[str, str]) -> Callable[[str], str | None]:
    """A header's target: with what stands in brackets, else without it."""
    by_key = {header_key(word): target for target, known in words.items() for word in known.split()}

    @lru_cache(maxsize=1024)
    def target_of(header: str) -> str | None:
        return by_key.get(header_key(header)) or by_key.get(header_key(IN_BRACKETS.sub("", header)))

    return target_of


def _lacking_of_projects(filled: Collection[str]) -> list[tuple[str, str]]:
    found = []
    if "number" not in filled:
        found.append(("number", _("Choose the column that holds the number of the project.")))
    if "title" not in filled:
        found.append(("title", _("Choose the column that holds the title of the project.")))
    return found


def _lacking_of_results(filled: Collection[str]) -> list[tuple[str, str]]:
    found = []
    if "project" not in filled:
        found.append(("project", _("Choose the column that holds the number of the project.")))
    if "title" not in filled:
        found.append(("title", _("Choose the column that holds the name of the result.")))
    if not {"kind", "application_number"} & set(filled):
        found.append(("kind", _("Choose the column that holds the kind of the result.")))
    return found


PROJECT_FIELDS = Fields(
    labels=PROJECT_TARGETS,
    target_of=_finder(PROJECT_WORDS),
    lacking=_lacking_of_projects,
    stranger=gettext_lazy("“%(target)s” is not a field of a project."),
    needed=gettext_lazy("The project's number and title are needed."),
)
RESULT_FIELDS = Fields(
    labels=RESULT_TARGETS,
    target_of=_finder(RESULT_WORDS),
    lacking=_lacking_of_results,
    stranger=gettext_lazy("“%(target)s” is not a field of a result."),
    needed=gettext_lazy("The project's number, the result's name and its kind are needed."),
)
