"""The box: configuration, wiring, processes and the command line.

- `cli` and `commands/`: what is typed. `config`: one TOML file, checked whole.
- `wiring`: the composition root, one function per process. `demo/`: the sample shop and its virtual floor.
"""
