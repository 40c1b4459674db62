"""Building and measuring the model that reads comments. One thread: sums in another order would round otherwise."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
