from datetime import datetime

import pytest
from markdown_it import MarkdownIt

from curate.models import Job, JobState
from pages.words import ago, counted, duration, job_words, plain


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.example/leak.png)",
        "*bold* _it_ `code`",
        "<b>&amp;",
        "# one",
        "- two",
        "1. a",
        "$x$",
        "a|b~~c~~",
    ],
)
def test_peoples_words_come_out_of_markdown_as_they_are(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"Tag: {plain(text)}")
    inline = tokens[1].children or []

    assert "".join(token.content for token in inline) == f"Tag: {text}"
    assert {token.type for token in inline} <= {"text", "text_special"}


def test_line_breaks_in_a_name_become_spaces() -> None:
    assert plain("two\nlines") == "two lines"


def test_counts_and_times_are_said_in_words() -> None:
    assert [counted(1, "image"), counted(1451, "image")] == ["1 image", "1,451 images"]
    assert [duration(12.4), duration(240), duration(9000)] == ["12 s", "4 min", "2.5 h"]
    assert [ago(3), ago(61), ago(7300), ago(90_000)] == ["just now", "1 minute ago", "2 hours ago", "1 day ago"]


def test_a_running_import_tells_its_rate_and_the_time_left() -> None:
    started = datetime(2026, 1, 1, 12, 0, 0)
    ended = datetime(2026, 1, 1, 12, 0, 10)
    job = Job(1, "import", "Import", JobState.RUNNING, 200, 600, "", started, started, ended)

    assert job_words(job) == "200 of 600 · 20 a second · 20 s left"
