import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from taxonomy import queries
from taxonomy.models import Code, CodeMapping

IPC = "\n".join(
    [
        "A\tHUMAN NECESSITIES",
        "A01\tAGRICULTURE; FORESTRY",
        "A01B\tSOIL WORKING, e.g. PLOUGHS (making furrows A01C0005000000;mowers A01D); TOOLS [ICT]",
        "A01B0003000000\tPloughs",
        "A01B0003000000\tPloughs with fixed shares (see also A01B0003020000)",
        "A01B0003020000\tdriven by (hand or) animals",
        "A01B0010000000\tOther tools",
    ]
)
KSIC = """cd,nm,digit,ksic_C
A,"농업, 임업 및 어업 (01 ~ 03)",1,C9
01,농업,2,C9
011,작물 재배업,3,C9
0111,곡물 재배업,4,C9
01110,곡물 재배업,5,C9
0112,채소 재배업,4,C9
01121,채소 재배업,5,C9
01122,화훼 재배업,5,C9
A,"농업, 임업 및 어업(01~03)",1,C10
C,제조업(10~34),1,C10
01,농업,2,C10
10,식료품 제조업,2,C10
011,작물 재배업,3,C10
0111,곡물 재배업,4,C10
01110,곡물 재배업,5,C10
0112,원예작물 재배업,4,C10
01121,채소와 딸기 재배업,5,C10
01123,화훼작물 재배업,5,C10
"""
KSIC_TREE = """ksic1_cd,ksic1_nm,ksic2_cd,ksic2_nm,ksic3_cd,ksic3_nm,ksic4_cd,ksic4_nm,ksic5_cd,ksic5_nm,ksic_C
A,농업(01~03),01,농업,011,작물 재배업,0111,곡물 재배업,01110,곡물 재배업,C10
A,농업(01~03),01,농업,011,작물 재배업,0112,원예 재배업,01121,채소 재배업,C10
"""
KSIC_MAP = """ksic9_cd,ksic9_nm,ksic10_cd,ksic10_nm,con,detail
01110,,01110,,1,\xa0
01121,,01121,,2,딸기 포함
01122,,01121,,2,딸기 포함
01122,,01123,,1,분재 제외
"""
REGION = """법정동코드,법정동명,폐지여부
3600000000,세종특별자치시,존재
3611000000,세종특별자치시,존재
3611010100,세종특별자치시 반곡동,존재
4100000000,경기도,존재
4159000000,경기도 화성시,존재
4159025000,경기도 화성시 봉담읍 ,존재
4159025021,경기도 화성시 봉담읍 상리,존재
4159099900,경기도 화성시 옛마을동,폐지
4200000000,강원도,존재
4211000000,강원도 춘천시,존재
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text, encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return write


def run(*args, **options):
    out = StringIO()
    call_command("load_codes", *[str(a) for a in args], stdout=out, json=True, **options)
    return json.loads(out.getvalue())


def refused(*args, **options):
    out = StringIO()
    with pytest.raises(CommandError, match=r"Nothing was changed"):
        call_command("load_codes", *[str(a) for a in args], stdout=out, json=True, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_ipc_becomes_a_tree_without_headings_and_references(write):
    said = run("ipc", write("A.txt", IPC))

    assert (said["added"], said["skipped"]) == (6, 1)
    assert [c.code for c in queries.path("ipc", "A01B 3/02")] == ["A", "A01", "A01B", "A01B 3/00", "A01B 3/02"]
    assert queries.titles("ipc", ["A01B", "A01B 3/00", "A01B 3/02"], "en") == {
        "A01B": "Soil working, e.g. ploughs; tools [ICT]",
        "A01B 3/00": "Ploughs with fixed shares",
        "A01B 3/02": "driven by (hand or) animals",
    }
    assert [c.code for c in queries.children("ipc", "A01B")] == ["A01B 3/00", "A01B 10/00"]


def test_a_folder_of_sections_is_one_table(write, tmp_path):
    write("A.txt", IPC)
    write("G.txt", "G\tPHYSICS\nG06\tCOMPUTING")

    assert run("ipc", tmp_path)["added"] == 8


def test_a_full_table_keeps_our_three_languages(write):
    run("ipc")
    before = Code.objects.get(code="A01B")

    said = run("ipc", write("A.txt", IPC))

    after = Code.objects.get(code="A01B")
    assert (after.title_ko, after.title_en, after.title_zh) == (before.title_ko, before.title_en, before.title_zh)
    assert (said["added"], said["changed"], said["unchanged"]) == (3, 0, 3)
    assert run("ipc")["changed"] == 0


def test_a_new_revision_inherits_our_titles_and_becomes_the_current_one(write):
    run("ipc")

    run("ipc", write("A.txt", IPC), revision="2026.01")

    assert queries.current_revision("ipc") == "2026.01"
    assert queries.titles("ipc", ["A01"], "zh-hans")["A01"].startswith("农业")
    assert queries.titles("ipc", ["H10K"], "ko")["H10K"].startswith("유기 전기")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_ksic_in_both_revisions_and_every_encoding(write, encoding):
    said = run("ksic", write("ksic.csv", KSIC, encoding))

    assert said["added"] == 18
    assert queries.current_revision("ksic") == "10"
    assert queries.choices("ksic", "section", "ko") == [("A", "농업, 임업 및 어업"), ("C", "제조업")]
    assert [c.code for c in queries.path("ksic", "01121")] == ["A", "01", "011", "0112", "01121"]
    assert queries.path("ksic", "10")[0].code == "C"


def test_the_tree_layout_says_the_same(write):
    assert run("ksic", write("tree.csv", KSIC_TREE))["added"] == 7
    assert run("ksic", write("tree.csv", KSIC_TREE))["unchanged"] == 7
    assert Code.objects.get(code="01").parent.code == "A"


def test_the_tree_layout_refuses_two_names_of_one_code(write):
    broken = KSIC_TREE.replace(
        "A,농업(01~03),01,농업,011,작물 재배업,0112", "A,농업(01~03),01,임업,011,작물 재배업,0112"
    )

    problems = refused("ksic", write("tree.csv", broken))

    assert [(p["row"], p["field"], p["value"]) for p in problems] == [(3, "ksic2_nm", "임업")]


def test_ksic_9_leads_to_10_with_its_kind(write):
    run("ksic", write("ksic.csv", KSIC))

    said = run("ksic_map", write("map.csv", KSIC_MAP))
    again = run("ksic_map", write("map.csv", KSIC_MAP))

    assert (said["added"], again["added"], again["unchanged"]) == (4, 0, 4)
    assert [(m.target.code, m.kind, m.detail) for m in queries.successors("ksic", "01110", revision="9")] == [
        ("01110", "same", "")
    ]
    assert [(m.target.code, m.kind) for m in queries.successors("ksic", "01121", revision="9")] == [("01121", "merge")]
    assert [(m.target.code, m.kind, m.detail) for m in queries.successors("ksic", "01122", revision="9")] == [
        ("01121", "mixed", "딸기 포함"),
        ("01123", "split", "분재 제외"),
    ]


def test_a_mapping_to_a_code_that_is_not_loaded_is_refused(write):
    run("ksic", write("ksic.csv", KSIC))

    problems = refused("ksic_map", write("map.csv", KSIC_MAP.replace("01123", "99999")))

    assert [(p["row"], p["value"]) for p in problems] == [(5, "99999")]
    assert not CodeMapping.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_regions_keep_abolished_ones_and_do_not_offer_them(write, encoding):
    run("region")

    said = run("region", write("bjd.csv", REGION, encoding))
    again = run("region", write("bjd.csv", REGION, encoding))

    assert (said["added"], said["unchanged"], said["abolished"], said["kept"], said["skipped"]) == (6, 3, 1, 1, 1)
    assert (again["added"], again["changed"], again["unchanged"], again["abolished"]) == (0, 0, 9, 0)
    assert [c.code for c in queries.children("region", "4159000000")] == ["4159025000"]
    assert queries.titles("region", ["4159099900"], "ko") == {"4159099900": "경기도 화성시 옛마을동"}
    assert [c.code for c in queries.path("region", "4159025021")] == [
        "4100000000",
        "4159000000",
        "4159025000",
        "4159025021",
    ]
    assert queries.path("region", "3611010100")[0].code == "3611000000"
    assert len(queries.choices("region", "sido")) == 17


def test_what_is_still_listed_under_a_province_s_old_code_is_found_under_the_new_one(write):
    run("region")
    run("region", write("bjd.csv", REGION))

    assert [c.code for c in queries.children("region", "5100000000")] == ["4211000000"]


def test_one_wrong_row_and_nothing_is_written(write):
    run("region")
    before = list(Code.objects.order_by("pk").values())
    broken = (
        REGION
        + "41590,경기도 화성시,존재\n4111000000,경기도 수원시,있음\n4113000000,,존재\n9911000000,어딘가 시,존재\n"
    )

    problems = refused("region", write("bjd.csv", broken))

    assert [(p["row"], p["field"], p["value"]) for p in problems] == [
        (12, "법정동코드", "41590"),
        (13, "폐지여부", "있음"),
        (14, "법정동명", ""),
        (15, "code", "9911000000"),
    ]
    assert all(p["why"] and p["remedy"] for p in problems)
    assert list(Code.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("kind", "text", "row", "field"),
    [
        ("ipc", "A\tHUMAN NECESSITIES\nQ01\tNOTHING", 2, "symbol"),
        ("ipc", "A\tHUMAN NECESSITIES\nA01", 2, "title"),
        ("ipc", "A\tHUMAN NECESSITIES\nB01\tPHYSICAL PROCESSES", 2, "code"),
        ("ksic", "cd,nm,ksic_C\nA,농업,C10\n1,농업,C10", 3, "cd"),
        ("ksic", "cd,nm,ksic_C\nA,농업,C10\nA,광업,C10", 3, "code"),
        ("ksic", "cd,name\nA,농업", 1, "nm"),
        ("region", "코드,이름\n1,2", 1, "법정동코드"),
        ("st", "code,title_ko,title_en,title_zh,level\nNA,수학,,,minor-field", 2, "level"),
        ("trl", "code,title_ko,title_en,title_zh,level,valid_until\n1,기초,,,phase,2024-13-01", 2, "valid_from"),
    ],
)
def test_a_mistake_is_named_by_row_and_field(write, kind, text, row, field):
    problems = refused(kind, write("table.csv", text))

    assert (problems[0]["row"], problems[0]["field"]) == (row, field)
    assert not Code.objects.exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert refused("region", tmp_path / "gone.csv")[0]["file"].endswith("gone.csv")

    (tmp_path / "noise.csv").write_bytes(b"\xff\xff\x00\x81")
    assert refused("region", tmp_path / "noise.csv")[0]["file"] == "noise.csv"


def test_a_dry_run_says_what_would_change_and_changes_nothing(write):
    said = run("ipc", write("A.txt", IPC), dry_run=True)

    assert (said["added"], said["dry_run"]) == (6, True)
    assert not Code.objects.exists()


def test_a_complete_table_abolishes_what_it_lacks(write):
    run("ksic")
    run("ksic", write("ksic.csv", KSIC))

    said = run("ksic", write("ksic.csv", KSIC.replace("01123,화훼작물 재배업,5,C10\n", "")), complete=True)

    assert (said["changed"], said["abolished"]) == (1, 1)
    assert Code.objects.get(revision="10", code="01123").is_abolished
    assert not Code.objects.get(revision="10", code="99").is_abolished, "the compact table is not the file's to abolish"


def test_a_code_that_comes_back_is_offered_again(write):
    run("region", write("bjd.csv", REGION))

    said = run("region", write("bjd.csv", REGION.replace("옛마을동,폐지", "옛마을동,존재")))

    assert said["changed"] == 1
    assert not Code.objects.get(code="4159099900").is_abolished
