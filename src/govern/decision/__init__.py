"""Run a plan over a bundle, then decide.

`run.run_plan` yields the evaluation (no clock, no waivers); `decide.decide` is a pure function of the evaluation,
verified waivers and the clock; `exit_codes.exit_code` reads the process's answer off the decision.
"""
