"""Words of files for states of rights and kinds of deal, in Korean and English, to the codes of `enums`."""

import re
import unicodedata

from tech_listings.ingest.patent_numbers import EMPTY_WORDS
from tech_listings.ingest.problems import BadValue

RIGHT_STATUS = {
    "applied": "출원 출원중 특허출원 applied filed pending application 미공개",
    "published": "공개 출원공개 공개중 published laidopen",
    "examined": "심사중 심사 심사청구 심사진행 공고 underexamination examination",
    "registered": "등록 등록완료 등록유지 특허등록 설정등록 유지 존속 registered granted active inforce",
    "refused": "거절 거절결정 거절확정 rejected refused",
    "withdrawn": "취하 출원취하 취하간주 withdrawn",
    "abandoned": "포기 출원포기 권리포기 abandoned",
    "invalidated": "무효 무효확정 등록무효 invalid invalidated revoked 취소",
    "expired": "소멸 연차료불납 등록료불납 존속기간만료 만료 소멸(연차료불납) 소멸(존속기간만료) lapsed expired",
}
DEAL_KINDS = {
    "assignment": "양도 매각 매매 판매 기술매매 특허양도 권리양도 기술양도 assignment sale",
    "exclusive_licence": (
        "전용실시권 전용실시 전용 독점실시 독점 독점적실시권 독점적통상실시권 exclusive exclusivelicense "
        "exclusivelicence"
    ),
    "non_exclusive_licence": (
        "통상실시권 통상실시 통상 라이센스 라이선스 실시권 실시권허여 비독점 nonexclusive nonexclusivelicense "
        "license licence"
    ),
    "technical_guidance": "기술지도 노하우 기술자문 노하우이전 technicalguidance guidance knowhow",
    "joint_research": "공동연구 공동개발 공동연구개발 기술협력 jointresearch jointdevelopment",
    "contribution_in_kind": (
        "현물출자 출자 합작투자 합작 기술출자 조인트벤처 contribution jointventure contributioninkind"
    ),
    "free_transfer": "무상이전 무상 무상양도 나눔 기술나눔 무료나눔 무상실시 free freetransfer",
}


def _key(text: str) -> str:
    return re.sub(r"[\s_\-·]+", "", unicodedata.normalize("NFKC", text).casefold())


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {_key(word): code for code, words in table.items() for word in words.split()}


_STATUS_OF = _by_word(RIGHT_STATUS)
_DEAL_OF = _by_word(DEAL_KINDS)


def right_status(text: str) -> str:
    """Code of a right's state; empty for an empty cell. Raises `BadValue`."""
    if text in _STATUS_OF:
        return _STATUS_OF[text]
    key = _key(text)
    if key in EMPTY_WORDS or not key:
        return ""
    code = _STATUS_OF.get(key) or _STATUS_OF.get(re.sub(r"\(.*\)$", "", key))
    if code is None:
        raise BadValue("bad_right_status", text)
    return code


def deal_kinds(text: str) -> tuple[str, ...]:
    """Codes of kinds of deal from a list of words, each once. Raises `BadValue`."""
    codes: dict[str, None] = {}
    for part in re.split(r"[|;,/\n、+]+|\s및\s|\s또는\s", text):
        key = _key(part)
        if key in EMPTY_WORDS or key in {"기타", "무관", "협의"}:
            continue
        code = _DEAL_OF.get(key) or _DEAL_OF.get(re.sub(r"\(.*\)$", "", key))
        if code is None:
            raise BadValue("bad_deal_kind", part.strip())
        codes[code] = None
    return tuple(codes)
