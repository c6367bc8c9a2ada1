"""Dossiers on disk: the templates that ship, and a folder that is written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import resources
from pathlib import Path

from corridor.app.rulebook import read_tree
from corridor.app.word_document import as_docx
from corridor.base.errors import SettingsError
from corridor.law.dossier.document import Document, as_markdown, plain
from corridor.law.dossier.template import Template
from corridor.law.dossier.template_source import load_templates
from corridor.law.model import Rulebook

INDEX = "README.md"


def shipped_templates(rulebook: Rulebook) -> tuple[Template, ...]:
    """The templates that ship, for the jurisdictions of `rulebook`.

    Raises:
        MalformedError: a template is refused, with its position.
    """
    return load_templates(read_tree(resources.files("corridor.law.dossier") / "templates"), rulebook)


def write_dossier(folder: Path, documents: Iterable[Document], day: date) -> tuple[Path, ...]:
    """Write each document as Markdown and as .docx, and an index; returns the files.

    Raises:
        SettingsError: the folder holds something already, which may have been filled in, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(
            f"`{folder}` is there already and is not overwritten: it may have been filled in",
            remedy="name a new folder",
        )
    files = dict(_files(tuple(documents), day))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, content in files.items():
                (draft / name).write_bytes(content)
            draft.chmod(0o755)
            draft.replace(folder)  # an empty folder gives way
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise SettingsError(f"the dossier cannot be written: {error.strerror}", place=str(folder)) from None
    return tuple(folder / name for name in files)


def _files(documents: tuple[Document, ...], day: date) -> Iterator[tuple[str, bytes]]:
    yield INDEX, _index(documents, day).encode()
    for document in documents:
        yield f"{document.name}.md", as_markdown(document).encode()
        yield f"{document.name}.docx", as_docx(document, day)


def _index(documents: tuple[Document, ...], day: date) -> str:
    rows = "".join(
        f"| [{plain(one.title)}]({one.name}.md) | {one.language} | {one.open_fields} |\n" for one in documents
    )
    return (
        f"# Dossier of {day}\n\n"
        "Skeletons to be completed, filed or kept; none of them claims that a paper exists.\n\n"
        "This is not legal advice.\n\n"
        f"| document | language | fields to fill in |\n|---|---|---|\n{rows}"
    )
