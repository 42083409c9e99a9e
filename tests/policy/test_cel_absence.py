"""Law 1 on generated expressions: what the compiler accepts never passes while all that it only asks for is absent."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import event, given, settings
from hypothesis import strategies as st

from govern.policy.cel.bind import Bound
from govern.policy.cel.evaluation import evaluate
from govern.policy.expressions import TRUE
from support.compiling import expression, open_schema

NUMBERS = ["metrics.auc", "metrics.f1", "metrics.?auc.orValue(0.3)", "metrics.?f1.orValue(metrics.auc)", "0.5", "1.0"]
LEAVES = [
    "has(metrics.auc)",
    "has(metrics.f1)",
    "model.third_party",
    "model.?third_party.orValue(true)",
    "model.?third_party.orValue(false)",
    "metrics.?auc.hasValue()",
    "metrics.?auc.optMap(a, a > 0.5).orValue(false)",
    "metrics.?f1.optMap(a, a > 0.5).orValue(true)",
    "size(card.owners) > 0",
    "card.owners.exists(o, o == 'a')",
    "card.owners.all(o, o == 'a' || !has(metrics.auc))",
    "true",
    "false",
]


@st.composite
def sources(draw, depth=3):
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        if draw(st.booleans()):
            return draw(st.sampled_from(LEAVES))
        left, right = draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(NUMBERS))
        return f"{left} {draw(st.sampled_from(['<', '<=', '>', '>=', '==', '!=']))} {right}"
    form = draw(st.sampled_from(["({} && {})", "({} || {})", "!({} && {})", "({} ? {} : {})", "{} && {}", "{} || {}"]))
    return form.format(*(draw(sources(depth=depth - 1)) for _ in range(form.count("{}"))))


values = st.sampled_from([Decimal("0.1"), Decimal("0.3"), Decimal("0.5"), Decimal("0.9"), 1])


@settings(max_examples=400, deadline=None)
@given(sources(), values, values, st.booleans(), st.sampled_from([[], ["a"], ["a", "b"]]))
def test_accepted_expressions_never_pass_without_what_they_ask_for(source, auc, f1, third_party, owners):
    made, _found = expression(source)
    event(f"accepted: {made is not None}")
    if made is None:
        return
    evidence = {
        "metrics": {"auc": auc, "f1": f1},
        "model": {"third_party": third_party},
        "card": {"owners": owners},
    }
    guards = {path for path in made.reads if path not in made.required}
    for path in guards:
        del evidence[path[0]][path[1]]
    bound = Bound(open_schema(), {**evidence, "stage": "pre-registration"})
    if guards or not made.reads:
        assert evaluate(made, bound).verdict != TRUE, source
    for root in made.roots - {"stage"}:
        spoiled = {**evidence, "stage": "pre-registration"}
        del spoiled[root]
        assert evaluate(made, Bound(open_schema(), spoiled)).verdict != TRUE, source
