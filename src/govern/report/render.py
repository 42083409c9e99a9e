"""The output formats by name. Adding one means one file beside this and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from govern.canonical import JsonObject

__all__ = ["renderers"]


def renderers(
    document: JsonObject,
    *,
    width: int,
    color: bool,
    quiet: bool,
    verbose: bool,
    github: bool,
    earlier: Sequence[JsonObject] = (),
) -> Mapping[str, Callable[[], str | bytes]]:
    """Give a function for each format that renders the document when called.

    `earlier` are results of earlier versions, whose figures the HTML page sets beside this one's. `width`, `color`,
    `quiet`, `verbose` and `github` concern text only. Raises InputError R101 at once when the document, or an earlier
    one, is not a result.
    """
    from govern.report.result import Result

    result = Result.from_document(document)
    before = [Result.from_document(item) for item in earlier]

    def text() -> str:
        from govern.report.text import render_text, verdict_line

        if quiet:
            return verdict_line(result, color=color, github=github) + "\n"
        return render_text(result, width=width, color=color, verbose=verbose, github=github)

    def json() -> str:
        from govern.report.json_output import render_json

        return render_json(document)

    def html() -> str:
        from govern.report.html import render_html

        return render_html(result, before)

    return {"text": text, "json": json, "html": html}
