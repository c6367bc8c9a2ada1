"""Every command line that the documentation shows is one that there is: verbs, options, make targets, settings."""

import re
import shlex

import pytest
import typer.main
from pages import ROOT, blocks, code_spans, name_of, page, pages

from corridor.cli.main import VERBS, build

COMMAND = re.compile(r"^corridor (?P<words>.+)$")


def shown_lines():
    """Every line of a shell block and every code span that begins with `corridor `."""
    for source in pages():
        for block in blocks(source):
            if block.language == "sh":
                for line in block.text.splitlines():
                    for part in re.findall(r"corridor [^|)]*", line):
                        yield name_of(source), part.strip()
        for span in code_spans(source):
            if COMMAND.match(span):
                yield name_of(source), span


LINES = sorted(set(shown_lines()))


def command_of(verb):
    """The verb's command, or the group that it is."""
    group = typer.main.get_group(build([verb]))
    return group.commands[verb]


def options_of(command):
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def test_commands_are_found():
    assert len(LINES) > 30


@pytest.mark.parametrize(("source", "line"), LINES)
def test_a_shown_verb_exists_with_its_options(source, line):
    words = shlex.split(re.split(r" (?:&|>>?|\|)(?: |$)", line)[0])[1:]
    if words[0].startswith("--"):
        assert words[0] in {"--help", "--version"}
        return
    assert words[0] in VERBS
    command = command_of(words[0])
    if hasattr(command, "commands") and len(words) > 1 and words[1] != "...":
        assert words[1] in command.commands
        command = command.commands[words[1]]
    known = options_of(command) | {"--help"}
    assert [word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word) and word not in known] == []


def test_every_verb_is_in_the_reference():
    text = page("docs/reference/cli.md").read_text("utf-8")
    assert [verb for verb in VERBS if f"corridor {verb}" not in text] == []


def test_every_make_target_that_is_shown_exists():
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile").read_text("utf-8"), re.MULTILINE))
    shown = {
        word
        for source in pages()
        for text in (*code_spans(source), *(block.text for block in blocks(source) if block.language == "sh"))
        for word in re.findall(r"\bmake ([a-z-]+)", text)
    }
    assert {"demo", "test", "check"} <= shown <= targets


def test_every_target_is_explained_to_contributors():
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile").read_text("utf-8"), re.MULTILINE))
    text = page("CONTRIBUTING.md").read_text("utf-8")
    assert {target for target in targets if f"`make {target}`" not in text} == set()


def test_every_file_that_contributors_are_sent_to_exists():
    spans = {span for span in code_spans(page("CONTRIBUTING.md")) if re.fullmatch(r"(\w+/)+(\w+\.\w+)?", span)}
    places = (ROOT, ROOT / "src" / "corridor")
    assert {span for span in spans if not any((place / span).exists() for place in places)} == set()
