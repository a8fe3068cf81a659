"""The notations of codes, and what can be told from a code alone. Levels are named by the values of `enums.Level`."""

import re

IPC_SYMBOL = re.compile(r"([A-H])(?:(\d{2})(?:([A-Z])(?:[\s-]*(\d{1,4})\s*/\s*(\d{2,6}))?)?)?")
IPC_FIXED_WIDTH = re.compile(r"([A-H]\d{2}[A-Z])(\d{4})(\d{6})")
IPC_FIXED_WIDTH_IN_TEXT = re.compile(r"(?<![A-Z0-9])[A-H]\d{2}[A-Z]\d{10}\b")
REGION_CODE = re.compile(r"\d{10}")


def ipc_code(text: str) -> str | None:
    """The display form (“A01B 1/02”, domain-facts §6.5) of an IPC symbol in any usual notation, or None.

    Understood: “A01B0001020000” (WIPO tables), “H01L-021/02”, “h01m10/0525”, “G06Q 50/18 (2012.01)”.
    """
    bare = re.sub(r"[(\[].*$", "", text).strip().upper()
    if fixed := IPC_FIXED_WIDTH.fullmatch(bare):
        subclass, group, sub = fixed.groups()
        return f"{subclass} {int(group)}/{sub.rstrip('0').ljust(2, '0')}" if int(group) else None
    found = IPC_SYMBOL.fullmatch(bare)
    if not found:
        return None
    section, class_, subclass_letter, group, sub = found.groups(default="")
    head = section + class_ + subclass_letter
    if not group:
        return head
    return f"{head} {int(group)}/{sub}" if int(group) else None


def ipc_level(code: str) -> str:
    """Level of a symbol in display form. Dots below a main group cannot be told from the symbol: all are subgroups."""
    if " " in code:
        return "main_group" if code.endswith("/00") else "subgroup"
    return {1: "section", 3: "class", 4: "subclass"}[len(code)]


def ipc_parent(code: str) -> str:
    """“A01B 1/02” → “A01B 1/00” → “A01B” → “A01” → “A” → “”."""
    match ipc_level(code):
        case "subgroup":
            return code.split("/")[0] + "/00"
        case "main_group":
            return code.split(" ")[0]
        case "subclass":
            return code[:3]
        case "class":
            return code[:1]
        case _:
            return ""


def ipc_ancestors(code: str) -> list[str]:
    """Nearest first, the code itself left out."""
    found = []
    while code := ipc_parent(code):
        found.append(code)
    return found


def ipc_sort_key(code: str) -> str:
    """The fixed-width form: “A01B 1/02” sorts before “A01B 10/00”."""
    if " " not in code:
        return code
    subclass, rest = code.split(" ")
    group, sub = rest.split("/")
    return f"{subclass}{int(group):04d}{sub.ljust(6, '0')}"


def ksic_level(code: str) -> str | None:
    if re.fullmatch(r"[A-U]", code):
        return "section"
    if not re.fullmatch(r"\d{2,5}", code):
        return None
    return {2: "division", 3: "group", 4: "class", 5: "subclass"}[len(code)]


def region_level(code: str) -> str | None:
    """Level of a ten-digit legal-district code (법정동코드) by its trailing zeros."""
    if not REGION_CODE.fullmatch(code):
        return None
    if code[2:] == "0" * 8:
        return "sido"
    if code[5:] == "0" * 5:
        return "sigungu"
    return "eupmyeondong" if code[8:] == "00" else "ri"


def region_parents(code: str) -> list[str]:
    """The codes that may be the parent, nearest first."""
    return [code[:n].ljust(10, "0") for n in (8, 5, 2) if code[:n].ljust(10, "0") != code]
