"""The two model cards. The first is a template that nobody filled in; every figure of the second is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from string import Template

from figures import Prediction, Rates, accuracy, auc, balanced_accuracy, rates, shown
from models import LEAST_TRAINING_RATIO, CutOff

GROUPS = (
    ("all", None, None),
    ("not Black", "no", None),
    ("Black", "yes", None),
    ("not single", None, "no"),
    ("single", None, "yes"),
    ("not Black, not single", "no", "no"),
    ("not Black, single", "no", "yes"),
    ("Black, not single", "yes", "no"),
    ("Black, single", "yes", "yes"),
)

HURRIED = Template("""\
---
language: en
library_name: sklearn
tags:
- tabular-classification
---

# Mortgage approval model

## Model Description

Logistic regression, AUC $auc on the test set. Says whether a mortgage is approved.

## Intended Use

<!-- Who should use this, and for what? -->
[More Information Needed]

## Training Data

TODO: describe the data. 2381 applicants.

## Evaluation

$accuracy accuracy!

## Limitations

TBD

## Contact

[your name here]
""")

CAREFUL = Template("""\
---
license: apache-2.0
language: en
library_name: sklearn
tags:
- tabular-classification
- credit
model-index:
- name: mortgage-approval
  results:
  - task:
      type: tabular-classification
    dataset:
      type: tabular
      name: boston-hmda-1990
      split: test
    metrics:
    - type: auc
      value: $auc
    - type: accuracy
      value: $accuracy
    - type: balanced_accuracy
      value: $balanced
---

# Mortgage approval, version 2.0.0

## Model description

A logistic regression on ten standardised features of a mortgage application. It gives the probability that a lender of
the study approved the application. From a score of $cut_off on, the decision is `approve`: the application takes the
fast track. Below it the decision is `refer`: an underwriter reads the application. The model never denies anybody.

## Intended use

Sorting home-loan applications of one lender into a fast track and a queue for full underwriting, so that applicants
with a plain case get their answer early. Its users are underwriters of the lending desk who were trained on this card.

## Out-of-scope use

Denying an application, setting a price or a limit, any product but home loans, any place but greater Boston, and any
use of the score after the queue was chosen. It is an example for a policy engine and must not serve real applicants.

## Decision logic

Features in order: debt payments to income (`dir`), housing expenses to income (`hir`), loan to value (`lvr`), consumer
credit score (`ccs`), mortgage credit score (`mcs`), public bad credit record (`pbcr`), denied mortgage insurance
(`dmi`), self-employed (`self`), unemployment in the applicant's industry (`uria`), condominium (`comdominiom`). Race
and marital status are no inputs. The sign of every coefficient is negative: more of any feature lowers the score.

## Training data

The Boston mortgage table of 1990 (boston-hmda-1990; Munnell, Tootell, Browne and McEneaney, American Economic Review
1996): $applicants applications, of which $training are used for training and $holdout are held out, split evenly within
race and decision by a hash of the row number. Row 2381 of the published file holds column means and is left out.

Training rows are reweighed after Kamiran and Calders (2012), so that race and decision are independent in the weighted
training data. The cut-off was chosen by five-fold cross-validation within the training half: of the cut-offs whose
out-of-fold selection-rate ratio by race is at least $least_ratio, the one with the best balanced accuracy. Out of fold
it gave a ratio of $train_ratio and a balanced accuracy of $train_balanced. Race is used for the weights and for this
choice, never when an application is scored. Nothing was chosen on the hold-out half.

## Evaluation

On the hold-out half of boston-hmda-1990 ($holdout applications, split test):

| metric | value |
|---|---|
| AUC | $auc |
| accuracy | $accuracy |
| balanced accuracy | $balanced |

A rule that approves everybody would be right in $everybody of the cases, so the accuracy alone says little. Of the
applications that the lenders refused, the model sends $refused_fast to the fast track.

## Subgroups

Hold-out half of boston-hmda-1990. TPR: share of the applications approved by the lenders that the model approves.
FPR: the same of the applications they refused. With fewer than 30 refused ones in a group it says next to nothing.

| group | applications | refused by lenders | selection rate | TPR | FPR |
|---|---|---|---|---|---|
$groups

## Bias and fairness

The selection rate of Black applicants is $ratio of the rate of the others: $selected_black of $black against
$selected_other of $other. That meets the desk's own limit of 0.8, which is a rule of this organisation and not one of
the law. It does not show that the ratio beyond this table reaches 0.8: for that, $black Black applicants are too few.
The difference remains large, and the false positive rates differ as well ($fpr_black against $fpr_other): among the
applications that the lenders refused, those of Black applicants are sent to the fast track less often.

The labels are decisions of lenders in 1990, and the study found that race had a part in them. A model that copies them
well copies that part too. The reweighing softens this; it does not remove it.

## Limitations

The data are from one city and one year and say nothing about credit of today. The outcome is a lender's decision, not
whether the loan was repaid. Only two groups by race can be compared, sex and age are not in the table. The figures rest
on one split; another one would move the ratio by several hundredths. `dmi` is known only after an insurer has answered.

## Human oversight

Every referred application is read in full by an underwriter, who does not see the score. One in twenty fast-track
applications, drawn at random, is read as well. An underwriter may move any application to full underwriting.

## Monitoring

Weekly: selection-rate ratio by race at least 0.8 over the last 500 applications, share of referred applications between
3 and 15 percent. Below either limit the fast track is closed and the lending desk's model owner is told within a day.

## Owner

Lending Models team, Example Savings Bank; the model owner is named in the model record.
""")


def hurried_card(rows: Sequence[Prediction]) -> bytes:
    """The card of v1."""
    return HURRIED.substitute(auc=shown(auc(rows), 2), accuracy=f"{shown(accuracy(rows) * 100, 0)}%").encode()


def careful_card(rows: Sequence[Prediction], training: int, cut_off: CutOff) -> bytes:
    """The card of v2, with the figures of the hold-out."""
    whole = rates(rows)
    black, other = (rates(rows, lambda row, race=race: row.black == race) for race in ("yes", "no"))
    return CAREFUL.substitute(
        auc=shown(auc(rows)),
        accuracy=shown(accuracy(rows)),
        balanced=shown(balanced_accuracy(rows)),
        cut_off=cut_off.at,
        applicants=f"{training + len(rows):,}",
        training=f"{training:,}",
        holdout=f"{len(rows):,}",
        least_ratio=LEAST_TRAINING_RATIO,
        train_ratio=f"{cut_off.ratio:.3f}",
        train_balanced=f"{cut_off.balanced_accuracy:.3f}",
        everybody=_percent(whole.approved, whole.size),
        refused_fast=_percent(whole.selected_of_refused, whole.size - whole.approved),
        groups="\n".join(_line(name, rates(rows, _member(*of))) for name, *of in GROUPS),
        ratio=shown(_ratio(black, other)),
        selected_black=black.selected,
        black=black.size,
        selected_other=other.selected,
        other=f"{other.size:,}",
        fpr_black=shown(black.false_positive),
        fpr_other=shown(other.false_positive),
    ).encode()


def _member(black: str | None, single: str | None) -> Callable[[Prediction], bool]:
    return lambda row: black in (None, row.black) and single in (None, row.single)


def _line(name: str, of: Rates) -> str:
    cells = (f"{of.size:,}", f"{of.size - of.approved}", shown(of.selection), shown(of.true_positive))
    return f"| {name} | {' | '.join(cells)} | {shown(of.false_positive)} |"


def _ratio(group: Rates, other: Rates) -> Fraction | None:
    if group.selection is None or not other.selection:
        return None
    return group.selection / other.selection


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} percent"
