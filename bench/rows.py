"""Rows for measurements: real-looking patents, of which no two share their text."""

import csv
import io
import random
from pathlib import Path

HEADER = ["출원번호", "발명의명칭", "초록", "출원인", "출원일자", "IPC", "등록번호", "등록일자", "상태"]
REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "patents" / "university_patents.csv"
SYLLABLES = [chr(0xAC00 + 28 * n) for n in range(0, 399, 7)]
SENTENCES = [
    "본 발명은 {0} 장치에 관한 것으로서, 상기 {1} 소재를 공급하고 취출하도록 구성되는 {2} 유닛을 포함한다.",
    "상기 {0} 모듈은 온도와 압력을 측정하여 {1} 신호를 생성하고, 제어부는 {2} 값을 기준으로 출력을 조절한다.",
    "따라서 종래의 {0} 방식에 비해 에너지 소비를 줄이고 {1} 공정의 수율을 높이며 {2} 수명을 연장할 수 있다.",
    "실시예에 따르면 {0} 전극의 표면에 {1} 나노 입자를 분산시켜 전기 전도도와 {2} 내구성을 동시에 확보한다.",
    "학습된 인공 신경망은 {0} 영상으로부터 {1} 결함을 검출하고 검출 결과를 {2} 서버로 전송한다.",
]
FRESH_WORDS = 0.065
"""Share of words replaced by ones that occur nowhere else: 10,000 rows then bring about as many new words as real
patents would (2,829 real ones have 39,600 different words; doubling their number adds 57 %)."""


def texts(count: int, seed: int = 7) -> list[tuple[str, str]]:
    """(title, abstract), all different: real ones with some words replaced where they are at hand, else made up."""
    chance = random.Random(seed)
    if REAL.is_file():
        with REAL.open(encoding="utf-8-sig", newline="") as file:
            known = [(r["InventionName"], r["Abstract"]) for r in csv.DictReader(file)]
    else:
        known = [_made_up(chance) for _ in range(1_500)]
    return [(known[i % len(known)][0], _varied(known[i % len(known)][1], chance)) for i in range(count)]


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))


def _varied(text: str, chance: random.Random) -> str:
    return " ".join(_word(chance) if chance.random() < FRESH_WORDS else word for word in text.split())


def _made_up(chance: random.Random) -> tuple[str, str]:
    words = [_word(chance) for _ in range(3)]
    body = " ".join(s.format(*chance.sample(words, 3)) for s in chance.choices(SENTENCES, k=6))
    return f"{words[0]} 제조 장치 및 {words[1]} 방법", body


def as_csv(pairs: list[tuple[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for n, (title, abstract) in enumerate(pairs, start=1):
        number = f"10-{2001 + n // 10_000}-{n % 10_000 + 1:07d}"
        granted = f"10-{1_000_000 + n}" if n % 3 else ""
        # Filed less than twenty years ago: what has lapsed is taken off the market, and would not be searchable.
        day = f"20{10 + n % 12:02d}.{1 + n % 12:02d}.{1 + n % 28:02d}"
        ipc = f"H01M {1 + n % 90}/{n % 80:02d}|G06N {1 + n % 30}/{n % 60:02d}"
        applicant = f"가온대학교 산학협력단|한빛{n % 40}정밀"
        writer.writerow([number, title, abstract, applicant, day, ipc, granted, "2022-03-04" if granted else "",
                         "등록" if granted else "공개"])  # fmt: skip
    return out.getvalue().encode()
