"""The documents say what the code does."""

import re
from pathlib import Path

from curate.cli import app
from curate.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """Return the README's table of settings, as the code would write it."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in ("", None) else ""
        rows.append(f"| `CURATE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip()

    assert table == settings_table()


def test_every_setting_has_a_sentence() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


def test_the_readme_names_every_verb() -> None:
    verbs = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    groups = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    inner = [command.name for group in groups for command in group.registered_commands]
    table = README.split("## Command line")[1].split("\n## ")[0]

    assert [verb for verb in [*verbs, *inner] if not re.search(rf"[`, ]{verb}\b", table)] == []


def test_the_readme_starts_with_the_two_commands() -> None:
    assert README.split("```")[1].split() == ["make", "run", "make", "test"]


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_direct_dependency_is_pinned_with_a_reason() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]

    assert [line for line in lines if not re.match(r"[\w-]+==[\d.]+\s", line + " ")] == []
    assert [line for line in lines if "#" not in line and "faiss-cpu" not in line] == []
