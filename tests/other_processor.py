"""Execute the pages as an older processor would: what differs there is fragile.

`python -m tests.other_processor docs/errors/overfitting.md` takes what pytest takes.
"""

import os
import platform
import subprocess
import sys

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

FOUND = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
OLDER = {  # each library reads its own when it is imported
    "NPY_DISABLE_CPU_FEATURES": " ".join(FOUND),
    "OPENBLAS_CORETYPE": "Nehalem",
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
}


def main(arguments: list[str]) -> int:
    """Run pytest with the arguments in the older processor's environment."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        print(f"{platform.machine()}: only on x86 can an older processor be emulated")
        return 0
    command = [sys.executable, "-m", "pytest", *arguments]
    code = subprocess.run(command, env=os.environ | OLDER, check=False).returncode
    if code:
        print("A block that fails here, and passes without `tests.other_processor`,")
        print("prints or draws what depends on the processor: rounding grew in it.")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
