"""One side of a benchmark, in a process of its own: ``python -m tests.bench.worker usual train_steps '{"width": 64}'``.

Prints what the side's function returns as one line of JSON.
"""

import importlib
import json
import sys

if __name__ == "__main__":
    side, function, arguments = sys.argv[1:]
    module = importlib.import_module(f".{side}", __package__)
    sys.stdout.write(json.dumps(getattr(module, function)(**json.loads(arguments))) + "\n")
