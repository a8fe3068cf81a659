"""Which column headers are known, and what each fills.

Sources: KIPRIS element names; the 81 fields of a National Tech Bank listing (domain-facts §1.2); services of
KIAT, KIPA and COMPA; headers that offices write by hand.
"""

import re
import unicodedata
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Order = order on the mapping page.
TARGETS: dict[str, Promise | str] = {
    "title": _("Name of the technology"),
    "title_en": _("Name in English"),
    "title_zh": _("Name in Chinese"),
    "external_id": _("Identifier of your own"),
    "application_number": _("Application number"),
    "application_date": _("Application date"),
    "publication_number": _("Publication number"),
    "publication_date": _("Publication date"),
    "registration_number": _("Registration number"),
    "registration_date": _("Registration date"),
    "expiry_date": _("Expiry date of the right"),
    "right_status": _("Status of the right"),
    "invention_title": _("Title of the invention"),
    "applicant": _("Applicant"),
    "ipc": _("IPC codes"),
    "value_sentence": _("Value in one sentence"),
    "abstract": _("Abstract"),
    "overview": _("Overview and features"),
    "problem": _("Problem solved"),
    "effect": _("Effect"),
    "keywords": _("Keywords"),
    "field_of_use": _("Field of use"),
    "conditions_of_use": _("Conditions of use"),
    "deal_kinds": _("Kinds of deal"),
    "price": _("Price wish (won)"),
    "trl": _("Technology readiness level"),
    "industry_codes": _("Industry codes (KSIC)"),
    "science_class": _("Science and technology class"),
    "security": _("Security project"),
    "licenses": _("Licences"),
}

_KNOWN: dict[str, str] = {
    "title": (
        "기술명 기술명칭 기술명(국문) 국문기술명 제목 명칭 기술제목 과제결과물명 title name techname "
        "technologyname technologytitle sltchnm itgrttechnm NTB_A_F_014"
    ),
    "title_en": (
        "영문기술명 기술명(영문) 영문명칭 영문제목 영문명 발명의명칭(영문) titleen englishtitle "
        "inventionnameeng NTB_A_F_015"
    ),
    "title_zh": "중문기술명 기술명(중문) 중문명칭 titlezh chinesetitle",
    "external_id": (
        "판매기술코드 관리번호 기술번호 기술코드 기술일련번호 식별번호 고유번호 id externalid stechnum "
        "sltchno itgrttechno NTB_A_F_001"
    ),
    "application_number": (
        "출원번호 특허출원번호 출원번호(국문) applicationnumber applicationno applno appno "
        "patentaplcno 申请号 NTB_A_F_039"
    ),
    "application_date": "출원일 출원일자 특허출원일 특허출원일자 applicationdate date filingdate appldate NTB_A_F_040",
    "publication_number": "공개번호 특허공개번호 openingnumber publicationnumber opennumber openno NTB_A_F_041",
    "publication_date": "공개일 공개일자 특허공개일자 openingdate publicationdate opendate NTB_A_F_042",
    "registration_number": (
        "등록번호 특허등록번호 특허번호 registrationnumber registernumber registrationno patentnumber patno NTB_A_F_045"
    ),
    "registration_date": "등록일자 등록일 특허등록일 특허등록일자 registrationdate registerdate grantdate NTB_A_F_046",
    "expiry_date": (
        "존속기간만료일 권리존속만료일 만료일 만료일자 존속기간만료일자 expirydate expirationdate expiresat"
    ),
    "right_status": (
        "상태 법적상태 등록상태 권리상태 행정상태 특허상태 현재상태 registrationstatus registerstatus "
        "legalstatus rightstatus status"
    ),
    "invention_title": (
        "발명의명칭 발명명칭 발명의명칭(국문) 특허명 특허명칭 고안의명칭 inventionname inventiontitle "
        "patalias NTB_A_F_047"
    ),
    "applicant": "출원인 출원인명 출원인명칭 권리자 권리자명 특허권자 applicant applicantname applnmnm NTB_A_F_049",
    "ipc": (
        "ipc ipc코드 ipc분류 국제특허분류 ipc번호 internationalpatentclassificationnumber ipcnumber "
        "ipccode ipccodes NTB_A_F_050"
    ),
    "value_sentence": "한줄소개 한줄요약 핵심가치 기술한줄소개 valuesentence onesentence tagline",
    "abstract": "초록 요약 기술요약 요약서 국문초록 발명의요약 abstract abstrcn astrtcont summary NTB_A_F_051",
    "overview": "개요및특징 기술개요 개요 기술내용 내용 기술설명 기술특징 설명 overview description NTB_A_F_019",
    "problem": "문제점 종래기술의문제점 해결과제 해결하고자하는과제 problem cntrvscn",
    "effect": "효과 기대효과 발명의효과 우수성 effect effects effectcn",
    "keywords": "키워드 핵심키워드 기술키워드 주제어 핵심어 keyword keywords tags kwrddtl NTB_A_F_018",
    "field_of_use": "응용분야 적용분야 활용분야 적용제품 fieldofuse application applications NTB_A_F_022",
    "conditions_of_use": (
        "기술이전조건 이용조건 희망거래조건 이전조건 기술료조건 conditionsofuse conditions usage NTB_A_F_025"
    ),
    "deal_kinds": (
        "희망거래유형 거래유형 이전유형 이전형태 기술이전유형 거래형태 dealkind dealkinds dealtype NTB_A_F_024"
    ),
    "price": (
        "기술이전금액 판매가격 희망가격 희망금액 희망기술료 기술료 price pricewish slepc NTB_A_F_028 NTB_A_F_038"
    ),
    "trl": "trl 기술성숙도 기술완성도 기술준비도 기술성숙도(trl) trl단계 technologyreadinesslevel",
    "industry_codes": "산업분류코드_세분류 산업분류코드 표준산업분류코드 ksic ksic코드 industrycode NTB_A_F_004",
    "science_class": "과학기술표준분류 국가과학기술표준분류 과학기술대분류 scienceclass NTB_A_F_069",
    "security": "보안과제여부 보안과제 보안등급 security securityproject NTB_A_F_064",
    "licenses": "라이선스 license licenses licence licences",
}

# The 81 codes; those that fill nothing are known all the same, so that a dictionary header is recognised as a header.
NTB_CODES = frozenset(f"ntbaf{number:03d}" for number in range(1, 82))
# Known by name, taken nowhere: contact persons and telephone numbers stay out on purpose,
# projects have their own register.
KNOWN_BUT_NOT_TAKEN = frozenset(
    [
        "번호",
        "순번",
        "연번",
        "no",
        "기업코드",
        "산업분류세분류",
        "산업분류코드중분류",
        "산업분류중분류",
        "산업분류코드대분류",
        "산업분류대분류",
        "기술분류코드세분류",
        "기술분류세분류",
        "기술분류코드대분류",
        "기술분류대분류",
        "수집일",
        "개발상태코드",
        "이전여부",
        "기술이전조건상태",
        "기술이전금액코드",
        "사업화적용실적",
        "사업화적용실적상태",
        "도입시고려사항",
        "도입시고려사항상태",
        "담당자전화번호",
        "개발자회사",
        "개발자전화번호",
        "요청방법코드",
        "요청방법",
        "과제세부번호",
        "과제명칭영문",
        "기관사업명",
        "연구책임자명",
        "연구책임자",
        "발주기관명",
        "전문기관명",
        "기준년도",
        "당해년도연구시작일",
        "당해년도연구종료일",
        "과학기술중분류",
        "과학기술소분류",
        "연구수행주체",
        "연구개발단계",
        "기술수명주기",
        "6t기술명",
        "적용분야대분류",
        "적용분야중분류",
        "적용분야소분류",
        "정책사업여부",
        "drawingpath",
        "thumbnailpath",
        "serialnumber",
        "담당자",
        "연락처",
        "전화번호",
        "비고",
        "announcementdate",
        "announcementnumber",
        "center",
        "developmentstage",
        "devstatusname",
        "entrprnm",
        "holder",
        "inventor",
        "inventorname",
        "inventors",
        "leadinstitute",
        "link",
        "listedon",
        "ministry",
        "modified",
        "orgname",
        "program",
        "programme",
        "projectend",
        "projectnumber",
        "projectstart",
        "projecttitle",
        "publicdate",
        "publicnumber",
        "region",
        "stage",
        "updated",
        "updatedat",
        "updatedon",
        "url",
        "개발단계",
        "개발상태",
        "갱신일",
        "게시일",
        "공고번호",
        "공고일",
        "공고일자",
        "과제고유번호",
        "과제명",
        "과제명칭국문",
        "과제번호",
        "기관명",
        "기술등록일",
        "기업명",
        "누리집",
        "등재일",
        "링크",
        "발명자",
        "발명자명",
        "보유기관",
        "보유기관명",
        "부처",
        "부처명",
        "사업명",
        "사업화단계",
        "소관부처",
        "소속기관",
        "소재지",
        "수정일",
        "연구개시일",
        "연구과제명",
        "연구과제번호",
        "연구기관명",
        "연구사업명",
        "연구시작일",
        "연구종료일",
        "예산사업명",
        "웹주소",
        "주관기관",
        "주관기관명",
        "주관연구기관",
        "주관연구기관명",
        "지역",
        "지역구분",
        "총연구기간연구시작일",
        "총연구기간연구종료일",
        "최종수정일",
        "특허공고번호",
        "특허공고일자",
        "홈페이지",
    ]
)
NOT_LETTERS = re.compile(r"[\s_\-·.,/()\[\]:*'\"#※]+")
IN_BRACKETS = re.compile(r"[(（][^)）]*[)）]|[\[［][^\]］]*[\]］]")  # as wide as East Asian keyboards write them


def header_key(header: str) -> str:
    return NOT_LETTERS.sub("", unicodedata.normalize("NFKC", header).casefold())


_BY_KEY: dict[str, str] = {header_key(word): target for target, known in _KNOWN.items() for word in known.split()}


@lru_cache(maxsize=4096)
def target_of(header: str) -> str | None:
    """The target a header fills, or None."""
    return _BY_KEY.get(header_key(header)) or _BY_KEY.get(header_key(IN_BRACKETS.sub("", header)))


@lru_cache(maxsize=4096)
def recognised(header: str) -> bool:
    """Whether this looks like a header at all, taken or not."""
    key = header_key(header)
    return key in NTB_CODES or key in KNOWN_BUT_NOT_TAKEN or target_of(header) is not None
