"""Benchmarks of the product against baselines in the same run: `manage.py bench`, docs/performance.md.

| module | is |
|---|---|
| `goals` | names, units, what must and what should be reached |
| `measure` | seconds and processor time of process trees, medians, interleaved runs |
| `machine` | throw-away PostgreSQL and Valkey, the database of a run, child processes |
| `sink` | the provider of the benchmarks: answers, and does nothing else |
| `running` | the product's own processes, what they spend; `memory` their peaks, `patience` waiting for them |
| `shop` | a team with an account, its chats and campaigns |
| one module or folder a family | what is measured, with its baselines beside it |

Nothing in the product imports this.
"""
