"""What lives as long as the process."""

import platform
import subprocess
import sys

from config import ROOT

THREADS = """
import ctypes, tempfile, threading
from base import lasting

shared = lasting.share_one_heap()
freed = threading.Barrier(8)

def allocate():
    kept = [bytearray(20_000) for _ in range(50)]
    freed.wait()
    del kept

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
heaps = 1
if shared:
    c = ctypes.CDLL(None)
    c.fopen.restype = ctypes.c_void_p
    c.malloc_info.argtypes, c.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
    with tempfile.NamedTemporaryFile("r") as told:
        file = c.fopen(told.name.encode(), b"w")
        c.malloc_info(0, file)
        c.fclose(file)
        heaps = told.read().count("<heap nr=")
print(shared, heaps)
"""


def test_threads_share_one_heap_where_the_c_library_would_give_each_its_own():
    said = subprocess.run([sys.executable, "-c", THREADS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(platform.libc_ver()[0] == "glibc"), "1"]
