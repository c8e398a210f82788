"""A process that writes numbered lines into a log all the time, as a gateway does.

    python -m tests.unit.log_writer FILE FLAGS PAUSE

It stops at SIGTERM and prints how many lines it wrote.
"""

import os
import signal
import sys
import time

path, flags, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
wanted = True


def stop(_number: int, _frame: object) -> None:
    global wanted
    wanted = False


signal.signal(signal.SIGTERM, stop)
mode = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if "a" in flags else 0)
descriptor = os.open(path, mode, 0o644)
number = 0
while wanted:
    number += 1
    os.write(descriptor, f"line {number:09d} of a log that never rests\n".encode())
    if pause:
        time.sleep(pause)
print(number)
