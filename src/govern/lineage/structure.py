"""Is the graph sound? Present, acyclic, closed. Questions of form, which need no registry."""

from __future__ import annotations

from collections.abc import Iterator

from govern.lineage.build import Contradiction
from govern.lineage.graph import EdgeKind, Graph, NodeKey, NodeKind
from govern.lineage.load import Lineage
from govern.lineage.verdicts import Remark, Verdict
from govern.lineage.walk import (
    data_roots,
    next_hops,
    path_text,
    shortest_cycle,
    unversioned_successors,
    versioned_successors,
    witness,
)

__all__ = [
    "described_roots",
    "judge_acyclic",
    "judge_agreement",
    "judge_closed",
    "judge_present",
    "judge_single_producer",
]


def described_roots(graph: Graph) -> tuple[NodeKey, ...]:
    """Give the data roots that a record describes: a mere reference is no source."""
    return tuple(key for key in data_roots(graph, graph.subjects) if not graph.nodes[key].attributes.get("dangling"))


def judge_present(lineage: Lineage, least: int) -> tuple[Remark, ...]:
    """Ask for at least `least` data roots above the model. Code and environments are none."""
    found = described_roots(lineage.graph)
    if len(found) >= least:
        return ()
    what = "no data lineage: nothing recorded leads to the model" if not found else "too few data sources"
    by = None
    for key in lineage.graph.subjects:
        by = lineage.graph.nodes[key].asserted_by[0]
        break
    return (
        Remark(
            code="L205",
            verdict=Verdict.UNDETERMINED,
            text=what,
            by=by,
            about="roots",
            observed=str(len(found)),
            required=f">= {least}",
            remedy="record the datasets each run used, up to where they entered the organisation",
        ),
    )


def judge_acyclic(lineage: Lineage) -> tuple[Remark, ...]:
    """Ask that nothing is its own ancestor. Judged on versions: a table that is refreshed is no cycle."""
    graph = lineage.graph
    cycle = shortest_cycle(versioned_successors(graph))
    if cycle is not None:
        edge = next(item for item in graph.outgoing[cycle[0]] if item.target == cycle[1] and item.ancestry)
        return (
            Remark(
                code="L206",
                verdict=Verdict.FAIL,
                by=edge.asserted_by[0],
                about=str(cycle[0]),
                path=cycle,
                text=f"the lineage is a circle: {path_text(graph, cycle)}",
                remedy="give each version of the data its own digest or version",
            ),
        )
    loose = shortest_cycle(unversioned_successors(graph))
    if loose is None:
        return ()
    names = {NodeKey(key.kind, key.uri): node.name for key, node in sorted(graph.nodes.items(), reverse=True)}
    path = " -> ".join(graph.nodes[key].name if key in graph.nodes else names[key] for key in loose)
    return (
        Remark(
            code="L207", verdict=Verdict.PASS, about=str(loose[0]), text=f"a circle when versions are dropped: {path}"
        ),
    )


def judge_closed(lineage: Lineage, *, max_dangling: int = 0, require_runs: bool = False) -> tuple[Remark, ...]:
    """Ask that everything mentioned is described, and that the steps on the way had inputs and completed."""
    graph = lineage.graph
    hops = next_hops(graph, graph.subjects)
    remarks: list[Remark] = []
    dangling = [item for record in lineage.records for item in record.dangling]
    verdict = Verdict.UNDETERMINED if len(dangling) > max_dangling else Verdict.PASS
    for item in dangling:
        path = witness(hops, item.key) if item.key in hops else ()
        tail = f": {path_text(graph, path)}" if path else ""
        remarks.append(
            Remark(
                code="L208",
                verdict=verdict,
                text=item.what + tail,
                by=item.by,
                about=str(item.key),
                remedy=item.hint,
                path=path,
            )
        )
    for key in sorted(hops):
        if key.kind is NodeKind.RUN:
            remarks.extend(_run(graph, key, witness(hops, key)))
        else:
            remarks.extend(_made(graph, key, witness(hops, key), require_runs=require_runs))
    for contradiction in lineage.contradictions:
        if contradiction.node in hops:
            verdict = Verdict.UNDETERMINED if contradiction.is_digest else Verdict.PASS
            remarks.append(_disagreement(graph, contradiction, verdict))
    return tuple(remarks)


def _disagreement(graph: Graph, item: Contradiction, verdict: Verdict) -> Remark:
    (first, by), (second, other) = item.first, item.second
    name = graph.nodes[item.node].name
    return Remark(
        code="L219",
        verdict=verdict,
        text=f"records disagree on the {item.about} of {name}: "
        f"{first} ({by.file}#{by.pointer}) and {second} ({other.file}#{other.pointer})",
        by=other if other.line else by,
        about=f"{item.node} {item.about}",
        observed=second,
        required=first,
        remedy="correct the record that is wrong",
    )


def judge_agreement(lineage: Lineage, *, max_conflicts: int = 0, rehash: bool = True) -> tuple[Remark, ...]:
    """Ask that records agree. Different digests fail; other differences are told.

    With `rehash` the files of the bundle, hashed here, are one of the records.
    """
    found = [
        item
        for item in lineage.contradictions
        if rehash or not {item.first[1].format, item.second[1].format} & {"manifest"}
    ]
    many = sum(item.is_digest for item in found) > max_conflicts
    return tuple(
        _disagreement(lineage.graph, item, Verdict.FAIL if item.is_digest and many else Verdict.PASS) for item in found
    )


def judge_single_producer(lineage: Lineage) -> tuple[Remark, ...]:
    """Ask that no version was generated by two complete runs.

    Two runs of one record are certain. Runs of two records may be one run told twice: undetermined.
    """
    graph = lineage.graph
    remarks: list[Remark] = []
    for key in graph.nodes:
        if key.kind not in (NodeKind.DATASET, NodeKind.MODEL) or key.version == "unversioned":
            continue
        made = [edge for edge in graph.incoming[key] if edge.kind is EdgeKind.GENERATED and edge.ancestry]
        if len(made) < 2:
            continue
        files = [{item.file for item in edge.asserted_by} for edge in made]
        certain = any(files[a] & files[b] for a in range(len(files)) for b in range(a))
        runs = " and ".join(f"{graph.nodes[edge.source].name} ({edge.source.uri})" for edge in made)
        tail = "" if certain else "; two records may be telling of one run"
        remarks.append(
            Remark(
                code="L226",
                verdict=Verdict.FAIL if certain else Verdict.UNDETERMINED,
                text=f"{graph.nodes[key].name} was generated by {runs}{tail}",
                by=made[-1].asserted_by[0],
                about=str(key),
                observed=str(len(made)),
                required="1",
                remedy="record each output with its own digest, and one run under one id",
            )
        )
    return tuple(remarks)


def _run(graph: Graph, key: NodeKey, path: tuple[NodeKey, ...]) -> Iterator[Remark]:
    node = graph.nodes[key]
    by = node.asserted_by[0]
    if not any(edge.kind is EdgeKind.USED for edge in graph.incoming[key]):
        yield Remark(
            code="L209",
            verdict=Verdict.UNDETERMINED,
            by=by,
            about=str(key),
            path=path,
            text=f"the step {node.name} has no recorded input: {path_text(graph, path)}",
            remedy="record what the step read; a generator of data needs a described source too",
        )
    if node.attributes.get("status") is None:
        yield Remark(
            code="L210",
            verdict=Verdict.UNDETERMINED,
            by=by,
            about=str(key),
            path=path,
            text=f"the record does not say whether the step {node.name} completed",
            required="status: complete",
            remedy="record the status of the run",
        )


def _made(graph: Graph, key: NodeKey, path: tuple[NodeKey, ...], *, require_runs: bool) -> Iterator[Remark]:
    """Judge how a thing on the way came to be: not by a step that failed, and by a step at all when that is asked."""
    incoming = [edge for edge in graph.incoming[key] if edge.kind in (EdgeKind.GENERATED, EdgeKind.DERIVED)]
    node = graph.nodes[key]
    if incoming and not any(edge.ancestry for edge in incoming):
        edge = incoming[0]
        run, whole = graph.nodes[edge.source], (edge.source, *path)
        yield Remark(
            code="L210",
            verdict=Verdict.FAIL,
            by=edge.asserted_by[0],
            about=str(edge.source),
            path=whole,
            text=f"{node.name} was made by the step {run.name}, which did not complete: {path_text(graph, whole)}",
            observed=str(run.attributes.get("status") or "unknown"),
            required="complete",
            remedy="run the step again to its end and use what that run made",
        )
    elif (
        require_runs
        and graph.producers(key)
        and not any(edge.kind is EdgeKind.GENERATED and edge.ancestry for edge in incoming)
    ):
        yield Remark(
            code="L209",
            verdict=Verdict.UNDETERMINED,
            about=str(key),
            path=path,
            by=node.asserted_by[0],
            text=f"{node.name} was derived, and no step is recorded that made it",
            remedy="record the run that made it",
        )
