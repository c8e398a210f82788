import time, os, pytest, psutil
from tests.unit.test_migration_running import go, versions, copy, site, add_step, failure
from tests.unit.test_migration_running import *
for n in [n for n in list(globals()) if n.startswith("test_")]:
    del globals()[n]

DAEMON = """
import os, sys, time
path = op.get_bind().engine.url.database
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        f = open(path, "r+b")
        open({pid!r}, "w").write(str(os.getpid()))
        end = time.time() + 20
        while time.time() < end:
            {what}
            time.sleep(0.02)
    os._exit(0)
while not os.path.exists({pid!r}): time.sleep(0.01)
"""
@pytest.mark.parametrize("what", ["pass", "os.write(2, b'x\\n')"])
def test_daemon(versions, copy, tmp_path, what):
    add_step(versions, "ee05", ("dd04",), DAEMON.format(pid=str(tmp_path/"pid"), what=what))
    t=time.time()
    try:
        r=go(copy, deadline=15.0); print("OK", r.after, r.seconds)
    except Exception as e: print("EXC", repr(e))
    print("took", time.time()-t, "daemon alive", psutil.Process(int((tmp_path/"pid").read_text())).status())
    os.kill(int((tmp_path/"pid").read_text()), 9)
    assert 0

def test_symlink(versions, copy, tmp_path):
    add_step(versions, "ee05", ("dd04",), f"""
import os, shutil
path = op.get_bind().engine.url.database
shutil.copy(path, {str(tmp_path/'elsewhere.db')!r})
os.remove(path); os.symlink({str(tmp_path/'elsewhere.db')!r}, path)
""")
    try:
        r=go(copy); print("OK", r.after, copy.is_symlink())
    except Exception as e: print("EXC", repr(e))
    assert 0
