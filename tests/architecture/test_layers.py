"""The arrows between apps, and rules of the house that no linter knows."""

import ast
import re

from django.apps import apps
from django.db import models
from django.template.loader import get_template

LAYERS = [
    {"core"},
    {"accounts"},
    {"taxonomy", "notifications"},
    {"tech_listings"},
    {"matching", "obligations"},
    {"programmes"},
    {"brokers"},
    {"deals"},
    {"disclosures", "royalties"},
    {"vouchers"},
    {"policy"},
    {"open_data"},
    {"portal"},
]
FLOOR = {label: floor for floor, labels in enumerate(LAYERS) for label in labels}
FOLDERS = {"marketplace": "core"} | {label: label for label in FLOOR if label != "core"}


def our_models():
    return [m for m in apps.get_models() if m._meta.app_label in FLOOR]


def is_history(model):
    return any(field.name == "pgh_id" for field in model._meta.concrete_fields)


def test_every_app_has_a_floor():
    ours = {c.label for c in apps.get_app_configs() if c.module.__name__.split(".")[0] in FOLDERS}
    assert ours == set(FLOOR)


def test_foreign_keys_point_down():
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and field.related_model
        and field.related_model._meta.app_label in FLOOR
        and field.related_model._meta.app_label != model._meta.app_label
        and FLOOR[field.related_model._meta.app_label] >= FLOOR[model._meta.app_label]
    ]
    assert wrong == []


def test_every_state_and_kind_is_closed_in_the_database():
    """`choices` does not constrain the database; a CheckConstraint naming the field does."""
    wrong = []
    for model in our_models():
        checked = " ".join(str(c.condition) for c in model._meta.constraints if hasattr(c, "condition"))
        for field in model._meta.concrete_fields:
            named = field.name == "state" or field.name.endswith(("_state", "_kind")) or field.name == "kind"
            if named and field.choices and not is_history(model) and f"{field.name}__in" not in checked:
                wrong.append(f"{model._meta.label}.{field.name}")
    assert wrong == []


def test_won_is_a_whole_number_everywhere():
    whole = {"BigIntegerField", "PositiveBigIntegerField"}
    wrong = [
        f"{m._meta.label}.{f.name}"
        for m in our_models()
        for f in m._meta.concrete_fields
        if f.name.endswith("_won") and f.get_internal_type() not in whole
    ]
    assert wrong == []


def python_files(settings, *more):
    for folder in (*FOLDERS, *more):
        for path in (settings.BASE_DIR / folder).glob("**/*.py"):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_no_float_near_won(settings):
    """No float() call and no float literal in a statement that names something in won."""
    wrong = []
    for path, tree in python_files(settings):
        for node in ast.walk(tree):
            if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Compare)):
                continue
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            floats = "float" in names or any(
                isinstance(n, ast.Constant) and isinstance(n.value, float) for n in ast.walk(node)
            )
            if floats and any(name.endswith("_won") for name in names):
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_days_are_days_in_korea(settings):
    """`moment.date()` is London's day, yesterday's until nine in the morning; `localdate(moment)` is ours."""
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in python_files(settings, "tests/factories")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "date"
        if not node.args and not node.keywords
    ]
    assert wrong == []


def test_what_was_decided_says_who_and_when():
    """A `x_by` field has its `x_at`; who made the row has `created_at`."""
    makers = {"created_by", "invited_by", "uploaded_by", "requested_by"}
    wrong = []
    for model in our_models():
        if is_history(model):
            continue
        names = {f.name for f in model._meta.concrete_fields}
        persons = {f.name for f in model._meta.concrete_fields if f.is_relation}
        wrong += [
            f"{model._meta.label}.{name}"
            for name in persons
            if name.endswith("_by") and name not in makers and name.removesuffix("_by") + "_at" not in names
        ]
    assert wrong == []


HTTP = {"rest_framework", "django.http", "django.shortcuts", "django.contrib.messages", "django.views"}
DOMAIN = {"models", "services", "enums", "querysets"}
ALLOWED = {("queries", "django.http")}


def test_domain_code_knows_no_http(settings):
    wrong = []
    for path, tree in python_files(settings):
        parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
        if parts[0] == "marketplace" or not DOMAIN & set(parts[1:]):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            wrong += [f"{path}: {n}" for n in names if any(n == h or n.startswith(h + ".") for h in HTTP)]
    assert wrong == []


def test_no_signals_but_those_of_the_domain(settings):
    wrong = [
        str(path)
        for path, tree in python_files(settings)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals"
    ]
    assert wrong == []


def test_no_model_hides_rules_in_save():
    wrong = [m._meta.label for m in our_models() if m.save is not models.Model.save and "save" in m.__dict__]
    assert wrong == []


def test_no_model_orders_by_itself():
    assert [m._meta.label for m in our_models() if m._meta.ordering and not is_history(m)] == []


# --- templates --------------------------------------------------------------------------------------------------------

THIRD_PARTY = ("account/", "mfa/", "allauth/", "django/", "usersessions/", "forms/")
BY_NAME = {"400.html", "403.html", "404.html", "409.html", "413.html", "429.html", "500.html"}


def template_names(settings):
    root = settings.BASE_DIR / "templates"
    return sorted(str(p.relative_to(root)) for p in root.glob("**/*") if p.is_file())


def test_no_template_is_unused(settings):
    """Named in Python, or included, extended or used as a component by another template."""
    sources = "".join(p.read_text(encoding="utf-8") for p in (settings.BASE_DIR / "templates").glob("**/*.html"))
    sources += "".join(p.read_text(encoding="utf-8") for f in FOLDERS for p in (settings.BASE_DIR / f).glob("**/*.py"))
    unused = []
    for name in template_names(settings):
        if name.startswith(THIRD_PARTY) or name in BY_NAME:
            continue
        if name.startswith("cotton/"):
            tag = name.removeprefix("cotton/").removesuffix(".html").replace("/", ".").replace("_", "-")
            used = re.search(rf"<c-{re.escape(tag)}[\s/>]", sources)
        else:
            folder, _, last = re.sub(r"\.(html|txt)$", "", name).rpartition("/")
            built = f'"{folder}/{{' in sources and f'"{last}"' in sources
            used = name in sources or f'"{folder}/{last}' in sources or built
        if not used:
            unused.append(name)
    assert unused == []


def test_every_template_compiles(settings):
    compiled = [get_template(name) for name in template_names(settings) if name.endswith((".html", ".txt"))]
    assert len(compiled) > 100  # what does not compile raises; were none found, nothing would


def test_templates_have_no_inline_style_script_or_handler(settings):
    pattern = re.compile(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE)
    root = settings.BASE_DIR / "templates"
    wrong = [
        f"{name}: {found.group()}"
        for name in template_names(settings)
        if name.endswith(".html") and (found := pattern.search((root / name).read_text(encoding="utf-8")))
    ]
    assert wrong == []


def test_services_take_keywords_only(settings):
    """Public functions of services say what each argument is."""
    wrong = []
    for path, tree in python_files(settings):
        if "services" not in path.parts:
            continue
        wrong += [
            f"{path.name}: {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and any(isinstance(d, ast.Attribute) and d.attr == "atomic" for d in node.decorator_list)
            and node.args.args
        ]
    assert wrong == []
