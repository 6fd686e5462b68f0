"""Decides which examples the help of each command shows."""

EXAMPLES = {
    "run": """\
  pcpbench run configs/pressure.yaml                 all of it, on all cores
  pcpbench run configs/pressure.yaml --quick         a first look, in seconds
  pcpbench run configs/pressure.yaml --dry-run       the cells, and how long they will take
  pcpbench run my.yaml --set machine.cpus=64 --replicates 20 --output wide.sqlite
  pcpbench run my.yaml -p my_strategy.py             with a strategy of one's own
  pcpbench run --resume results/pressure-20261125-163106.sqlite

exit codes: 3 a cell failed, 4 a primary comparison is inconclusive (with --strict)
""",
    "report": """\
  pcpbench report run.sqlite                          on the terminal, as at the end of the run
  pcpbench report run.sqlite --format html --output run.html
  pcpbench report run.sqlite --format lkml            for a cover letter
  pcpbench report run.sqlite --baseline rcu-swap --all-pairs
""",
    "compare": """\
  pcpbench compare before.sqlite after.sqlite
  pcpbench compare before.sqlite after.sqlite --gate --tolerance alloc.latency_ns.p99='5 %'
  pcpbench compare before.sqlite after.sqlite --gate --junit gate.xml

exit codes: 1 the gate fails, 3 cells failed, 4 undecided (with --strict)
""",
    "aa": """\
  pcpbench aa configs/pressure.yaml --quick           the baseline beside itself
  pcpbench aa configs/pressure.yaml --strategy rcu-swap

exit codes: 1 equal seeds gave different bytes, 3 a cell failed
""",
    "check": """\
  pcpbench check my.yaml                              all problems, each with its line
  pcpbench check my.yaml --set machine.cpus=512 --json
""",
    "list": """\
  pcpbench list strategies
  pcpbench list metrics --json
  pcpbench list plugins -p my_strategy.py
""",
    "describe": """\
  pcpbench describe rcu-swap                          a strategy: mechanism, source, parameters
  pcpbench describe epyc-7742                         a profile: topology and costs, drawn
  pcpbench describe isolated.noise_ns_per_s           a metric
""",
    "calibrate": """\
  pcpbench calibrate --output my-host.yaml            measure this machine: half a minute
  pcpbench describe my-host -p my-host.yaml
""",
    "replay": """\
  pcpbench replay recordings/5.10/pressure            predict a kernel from snapshot and calls
  pcpbench replay recordings/5.10/pressure --inputs facts --require 1.0 --json

exit code 1 if fewer page frames are exact than --require asks
""",
    "runs": """\
  pcpbench runs                                       those in results/
  pcpbench runs /data/runs --json
""",
}
