"""The HTML report of one model version: one self-contained page without script, network or unescaped text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from govern.diagnostics import plain
from govern.report.groups import place_text, word_of
from govern.report.result import Result

if TYPE_CHECKING:
    import jinja2

__all__ = ["render_html"]

_LONGEST_TEXT = 2000
"""Code points of any one text on the page; more is cut in the middle."""


def render_html(result: Result, earlier: Sequence[Result] = ()) -> str:
    """Render the page; `earlier` are results of earlier versions of the model, for the trends.

    The same results give the same bytes; nothing is read but the templates of this package. Escaping is the control:
    templates escape every value, and every text is made plain before that. The content
    security policy is the second line: no script at all, one style element allowed by its hash.
    """
    from markupsafe import Markup

    from govern.report.html.view import page_of

    environment = _environment()
    style = _style(environment)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    template = environment.get_template("report.html.j2")
    page = page_of(result, earlier)
    # Both are ours alone: a constant of this package, and base64 of its digest.
    return template.render(page=page, result=result, style=Markup(style), style_hash=Markup(f"sha256-{digest}"))  # noqa: S704


def _style(environment: jinja2.Environment) -> str:
    from govern.lineage.drawing import STYLE as LINEAGE_STYLE
    from govern.report.figures import STYLE as FIGURE_STYLE

    assert environment.loader is not None
    source, _file, _fresh = environment.loader.get_source(environment, "style.css")
    return "\n".join((source.strip(), FIGURE_STYLE, LINEAGE_STYLE)) + "\n"


@cache
def _environment() -> jinja2.Environment:
    """Templates are compiled once a process: that takes longer than to fill them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("govern.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_made_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(place_text=place_text, word_of=word_of)
    return made


def _made_plain(value: Any) -> Any:
    """Every value that reaches the page: texts lose control, bidirectional and zero-width characters."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return plain(value, limit=_LONGEST_TEXT)
    return value
