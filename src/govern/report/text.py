"""The result as text for a terminal or a log: the verdict first, then what blocks, worst first.

Every word that came from a bundle or a policy goes through `plain`; colour codes are ours and come last.
"""

from __future__ import annotations

import re
import textwrap

from govern.diagnostics import plain
from govern.policy.outcomes import Decision, Outcome
from govern.report.groups import Group, GroupKind, counts, groups, headline, place_text, word_of
from govern.report.result import FindingView, OutcomeView, PolicyView, Result

__all__ = ["guard_line", "render_text", "verdict_line"]

_SHOWN_FINDINGS = 5
_SHOWN_WAIVERS = 10
_GLYPHS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.MISSING_EVIDENCE: "?",
    Outcome.ERROR: "?",
    Outcome.WAIVED: "~",
    Outcome.NOT_APPLICABLE: "-",
}
_DECISION_GLYPHS = {Decision.ALLOWED: "✓", Decision.DENIED: "✗", Decision.UNDECIDED: "?"}
_DECISION_COLOURS = {Decision.ALLOWED: "1;32", Decision.DENIED: "1;31", Decision.UNDECIDED: "1;33"}
_GROUP_COLOURS = {
    GroupKind.BLOCKS: "31",
    GroupKind.NOT_DECIDED: "33",
    GroupKind.WARNINGS: "33",
    GroupKind.WAIVED: "36",
    GroupKind.PASSED: "32",
    GroupKind.NOT_APPLICABLE: "2",
}
_COMMAND = re.compile(r"^(\s*):(?=:)")


def render_text(
    result: Result, *, width: int = 120, color: bool = False, verbose: bool = False, github: bool = False
) -> str:
    """Render the result. `github` breaks up what a workflow runner would take for a command of ours.

    `verbose` adds passed and not applicable rules, every finding, and who read which file of the bundle; without it,
    what is left out of rules and findings is counted.
    """
    writer = _Writer(max(40, width), color=color, verbose=verbose)
    writer.result(result)
    lines = [guard_line(line) for line in writer.lines] if github else writer.lines
    return "\n".join(lines) + "\n"


def verdict_line(result: Result, *, color: bool = False, github: bool = False) -> str:
    """Give the first line alone, for `--quiet`."""
    line = _Writer(120, color=color, verbose=False).verdict(result)
    return guard_line(line) if github else line


def guard_line(line: str) -> str:
    """Put a word joiner where a runner would see a command: `::name` at a line's start, `##[name]` anywhere."""
    return _COMMAND.sub("\\1:\u2060", line).replace("##[", "#\u2060#[")


class _Writer:
    """Collects lines; the only place that knows about width and colour."""

    def __init__(self, width: int, *, color: bool, verbose: bool) -> None:
        self.lines: list[str] = []
        self._width = width
        self._color = color
        self._verbose = verbose

    def result(self, result: Result) -> None:
        self.lines.append(self.verdict(result))
        self._wrapped(headline(result), 2)
        if result.refused is not None:
            self._refused(result)
        for group in groups(result.outcomes):
            if group.outcomes and (self._verbose or group.kind not in (GroupKind.PASSED, GroupKind.NOT_APPLICABLE)):
                self._group(group)
        self._waivers(result)
        if result.refused is None:
            self._counts(result)
        self._not_assessed(result)
        if self._verbose:
            self._evidence(result)
            self._files(result)
        self._digests(result)
        self.lines.append("")
        self._wrapped(f"next: {_next_step(result)}", 0)

    def verdict(self, result: Result) -> str:
        glyph, word = _DECISION_GLYPHS[result.decision], result.decision.value.upper()
        model = " ".join(plain(part) for part in (result.model.name, result.model.version) if part)
        colour = _DECISION_COLOURS[result.decision]
        return f"{self._paint(f'{glyph} {word}', colour)}  {model or 'no model'}  {result.stage}  {result.clock}"

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text

    def _wrapped(self, text: str, indent: int, hanging: int = 0) -> None:
        """Add text that is already plain, wrapped; long words (paths, digests) are never cut."""
        self.lines.extend(
            textwrap.wrap(
                text,
                self._width,
                initial_indent=" " * indent,
                subsequent_indent=" " * (indent + hanging),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def _heading(self, text: str, kind: GroupKind | None = None) -> None:
        self.lines.extend(["", self._paint(text, _GROUP_COLOURS[kind]) if kind else text])

    def _refused(self, result: Result) -> None:
        self._heading("Why the bundle was refused", GroupKind.NOT_DECIDED)
        for fault in result.refused or ():
            place = f"{plain(fault.file)}{f':{fault.line}' if fault.line else ''}: " if fault.file else ""
            self._wrapped(f"{place}{fault.code} {plain(fault.message, limit=1000)}", 2, 4)
            if fault.hint:
                self._wrapped(f"fix: {plain(fault.hint, limit=1000)}", 6, 5)

    def _group(self, group: Group) -> None:
        self._heading(f"{group.title} ({len(group.outcomes)})", group.kind)
        for outcome in group.outcomes:
            self._outcome(outcome, group.kind)

    def _outcome(self, item: OutcomeView, kind: GroupKind) -> None:
        glyph = "!" if kind is GroupKind.WARNINGS and item.outcome is Outcome.FAIL else _GLYPHS[item.outcome]
        mark = self._paint(f"{glyph} {word_of(item)}", _GROUP_COLOURS[kind])
        self.lines.append(f"  {mark}  {plain(item.rule)}  {plain(item.title)}  [{item.severity}]")
        if item.message:
            self._wrapped(plain(item.message, limit=1000), 6)
        elif item.summary:
            self._wrapped(plain(item.summary, limit=1000), 6)
        if item.reason and item.waiver is None:
            self._wrapped(f"because: {plain(item.reason, limit=1000)}", 6, 9)
        if item.observed is not None or item.required is not None:
            observed, required = plain(item.observed or "nothing"), plain(item.required or "nothing")
            self._wrapped(f"observed {observed}, required {required}", 6, 9)
        if item.waiver is not None:
            until, by = item.waiver.until or "no end", plain(item.waiver.approver or "an approver")
            instead = item.waiver.compensating_control
            why = plain(item.waiver.reason or "no reason given") + (f"; instead: {plain(instead)}" if instead else "")
            self._wrapped(f"waived until {until} by {by}: {why}", 6, 9)
        if kind in (GroupKind.PASSED, GroupKind.NOT_APPLICABLE):
            return
        self._findings(item)
        # The rule's own remedy, unless each finding brought one.
        if item.remediation and not any(finding.remediation for finding in item.findings[:_SHOWN_FINDINGS]):
            self._wrapped(f"fix: {plain(item.remediation, limit=1000)}", 6, 5)

    def _findings(self, item: OutcomeView) -> None:
        shown = item.findings if self._verbose else item.findings[:_SHOWN_FINDINGS]
        before = None
        for finding in shown:
            same = (finding.observed, finding.required) == (item.observed, item.required)
            told = _head(finding.detail) in (item.summary or "") and not item.message
            self._finding(finding, repeat=finding.remediation == before, measured=not same and not told, told=told)
            before = finding.remediation
        left = len(item.findings) - len(shown)
        if left:
            self._wrapped(f"+{left} more: govern check --verbose, or the JSON or HTML output", 6, 2)

    def _finding(self, finding: FindingView, *, repeat: bool, measured: bool, told: bool) -> None:
        """Write one finding; `told` when the summary above has said the same, so that only the place is news."""
        place = plain(place_text(finding.location))
        detail = "" if told and place else f" {plain(finding.detail, limit=1000)}"
        line = f"{place + ': ' if place else ''}{finding.code}{detail}"
        if measured and (finding.observed is not None or finding.required is not None):
            sides = [f"observed {plain(finding.observed)}"] if finding.observed is not None else []
            sides += [f"required {plain(finding.required)}"] if finding.required is not None else []
            line += f" ({', '.join(sides)})"
        self._wrapped(line, 6, 2)
        if finding.remediation and not repeat:
            self._wrapped(f"fix: {plain(finding.remediation, limit=1000)}", 8, 5)

    def _counts(self, result: Result) -> None:
        number = counts(result)
        parts = [
            f"{number[GroupKind.BLOCKS]} block",
            f"{number[GroupKind.NOT_DECIDED]} not decided",
            f"{number[GroupKind.WARNINGS]} warn",
            f"{number[GroupKind.WAIVED]} waived",
            f"{number[GroupKind.PASSED]} passed",
            f"{number[GroupKind.NOT_APPLICABLE]} not applicable",
        ]
        self.lines.append("")
        self._wrapped(f"{len(result.outcomes)} rules: {', '.join(parts)}", 0)

    def _waivers(self, result: Result) -> None:
        """Say of each waiver that did not help why not."""
        useless = result.useless_waivers
        if not useless:
            return
        self._heading(f"Waivers that did not help ({len(useless)})")
        shown = useless if self._verbose else useless[:_SHOWN_WAIVERS]
        for item in shown:
            who = f" by {plain(item.approver)}" if item.approver else ""
            self._wrapped(f"{plain(item.code or '')}  {plain(item.rule)}  the waiver {item.digest[:8]}{who}", 2)
            self._wrapped(plain(item.detail or item.ruling or "", limit=1000), 6, 2)
            if item.remediation:
                self._wrapped(f"fix: {plain(item.remediation, limit=1000)}", 6, 5)
        if len(useless) > len(shown):
            self._wrapped(
                f"+{len(useless) - len(shown)} more: govern check --verbose, or the JSON or HTML output", 6, 2
            )

    def _not_assessed(self, result: Result) -> None:
        if not result.not_assessed:
            return
        self._heading(f"Not assessed ({len(result.not_assessed)}): no rule covers these clauses")
        for control, title in result.not_assessed:
            self._wrapped(f"{plain(control)}  {plain(title)}", 2, 4)

    def _evidence(self, result: Result) -> None:
        if not result.evidence:
            return
        self._heading(f"Evidence ({len(result.evidence)})")
        for item in result.evidence:
            self._wrapped(f"{plain(item.name)}  {plain(item.file)}  {plain(item.binding)}", 2, 4)

    def _files(self, result: Result) -> None:
        """Say of every file who read it: what nobody read was hashed and not judged."""
        if not result.files:
            return
        unread = sum(not item.read_by for item in result.files)
        self._heading(f"Files of the bundle ({len(result.files)}): {unread} not read by any rule")
        for item in result.files:
            self.lines.append(f"  {plain(item.path, limit=1000)}  {item.bytes} bytes  {item.readers}")

    def _digests(self, result: Result) -> None:
        rows: list[tuple[str, str]] = []
        if result.evidence:
            rows.append(("evidence", _bindings(result)))
        if result.model.digest:
            rows.append(("bundle", f"sha256:{result.model.digest}"))
        if result.came_from:
            rows.append(("from", plain(result.came_from)))
        rows.append(("plan", f"sha256:{result.plan_digest}"))
        rows += [("law", _law(policy, result.clock)) for policy in result.policies if _dated(policy)]
        if result.decision_digest:
            rows.append(("decision", f"sha256:{result.decision_digest}"))
        if result.advisories:
            rows.append(("advisories", f"sha256:{result.advisories['digest']} as of {result.advisories['as_of']}"))
        if result.certificate:
            entry = (
                "" if result.certificate.ledger_index is None else f", ledger entry {result.certificate.ledger_index}"
            )
            rows.append((result.certificate.kind, f"{plain(result.certificate.path)}{entry}"))
        self.lines.append("")
        self.lines.extend(f"{name:<12}{value}" for name, value in rows)


def _dated(policy: PolicyView) -> bool:
    """Whether a policy rests on something that begins, ends, or is not plainly in force."""
    dates = policy.applies_from is not None or policy.applies_until is not None
    return dates or policy.legal_status not in (None, "in_force")


def _law(policy: PolicyView, clock: str) -> str:
    """Say which version of a policy was applied, the standing of the law behind it, and its days."""
    status = (policy.legal_status or "in_force").replace("_", " ")
    since = f", since {policy.applies_from}" if policy.applies_from else ""
    until = f", until {policy.applies_until}" if policy.applies_until else ""
    return f"{plain(policy.name)} {plain(policy.version)} as of {clock[:10]}: {status}{since}{until}"


def _bindings(result: Result) -> str:
    """How many items of evidence say, and by whose word, which model and data they speak of."""
    signed = sum(item.bound and item.signed_by is not None for item in result.evidence)
    bound = sum(item.bound for item in result.evidence) - signed
    parts = [(signed, "bound, signed"), (bound, "bound, unsigned"), (len(result.evidence) - signed - bound, "unbound")]
    return "; ".join(f"{count} {words}" for count, words in parts if count)


def _head(detail: str) -> str:
    """The sentence of a finding without its sources and full stop."""
    return detail.partition(" (said by ")[0].rstrip(".")


def _next_step(result: Result) -> str:
    """One command: to verify what was signed, or to understand what stands in the way."""
    if result.refused is not None:
        return f"govern explain {plain(result.refused[0].code)}"
    first = next((group.outcomes[0] for group in groups(result.outcomes)[:2] if group.outcomes), None)
    if first is not None and result.decision is not Decision.ALLOWED:
        return f"govern explain {plain(first.rule)}"
    if result.certificate is not None:
        return f"govern verify {plain(result.certificate.path)} --trust TRUST --bundle BUNDLE"
    if not result.outcomes:
        return "name policies with rules for this stage: -p POLICY"
    return "nothing was signed; leave out --no-issue to sign this decision"
