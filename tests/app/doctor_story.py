"""What the doctor found at a quarter past three: two warnings among twenty checks."""

from __future__ import annotations

from tests.app.shell_story import ago, changed
from tui.app.seen import Seen
from tui.core.models import Diagnosis, Remedy
from tui.core.verdict import Verdict

COMMENT_OUT = Remedy(
    title="comment the line out",
    text="A copy is kept as mcp-backup.before-mcpdb; `mcpdb-tui schedule` makes the backups "
    "that it made.",
    operation="backup",
    by_hand=("sudo mcpdb-tui --project-dir /srv/forge doctor --fix cron",),
)
CRON = Diagnosis(
    name="cron",
    verdict=Verdict.WARN,
    text="the guide's script would delete our cold backups",
    explanation=(
        '/etc/cron.d/mcp-backup, line 4, runs `find … -name "mcp_backup_*.db" -mtime +7 -delete` '
        "in data/backups at 03:15 and 10:15. Our cold backups carry that name.",
    ),
    remedy=COMMENT_OUT,
)
VACUUM = Diagnosis(
    name="vacuum",
    verdict=Verdict.WARN,
    text="38.6M of 412.6M unused; last VACUUM Jul 09",
    explanation=("Pages that nothing uses stay in the file until a VACUUM.",),
    remedy=Remedy(
        title="vacuum",
        text="The gateway is stopped for about 16 s; a safety copy is made first.",
        operation="restart",
        by_hand=("mcpdb-tui --project-dir /srv/forge vacuum --stop",),
    ),
)
OWNER = Diagnosis(
    name="owner",
    verdict=Verdict.FAIL,
    text="data belongs to 1001, the container runs as 10001: it cannot write",
    explanation=("At every start the gateway fails with `attempt to write a readonly database`.",),
    remedy=Remedy(
        title="give the folder to 10001",
        text="Folder, database and sidecars change their owner; nothing else does.",
        operation="own",
        by_hand=("mcpdb-tui --project-dir /srv/forge gateway own",),
    ),
    details=("drwxr-xr-x 1001 1001 /srv/forge/data",),
)
DOCKER_LOG = Diagnosis(
    name="docker-log",
    verdict=Verdict.WARN,
    text="2.1G and Docker does not rotate it",
    explanation=("max-size belongs in the Compose file; Docker's own files are not touched.",),
    remedy=Remedy(
        title="have Docker rotate it",
        text="Two lines in the Compose file, and the container is made anew.",
        by_hand=("edit docker-compose.yml: logging.options.max-size: 50m", "docker compose up -d"),
    ),
)
LOCK = Diagnosis(
    name="lock", verdict=Verdict.UNKNOWN,
    text="unknown from here (another PID namespace); run it on the host",
)  # fmt: skip
_OK = (
    ("file", "data/mcp.db, 412.6M = 105,626 pages, header good"),
    ("owner", "10001:10001 0600; the container runs as 10001"),
    ("folder", "data is writable by 10001; a bind mount, ext4"),
    ("sidecars", "-wal 8.1M and -shm, owner 10001"),
    ("lock", "none now; longest since the start 0.4 s"),
    ("integrity", "integrity_check ok, Aug 09 03:30"),
    ("revision", "e198602c3c1e = head of image 1.0.5"),
    ("backup", "verified 1h14m ago; drill Aug 09: 29.4 s"),
    ("disk", "61G of 98G free; a restore needs 463M"),
    ("gateway", "JSON says healthy; 0 restarts in 3d16h"),
    ("docker", "engine 27.1, compose 2.29"),
    ("mode", "0600 in a folder of 0700"),
    ("drill", "k7m2qd 1d23h ago: 29.4 s"),
    ("unfinished", "nothing was cut short"),
    ("partials", "no half-made file is left"),
    ("migrations", "nothing is left over, and the schema fits its stamp"),
    ("restarts", "0 restarts, up 3d16h"),
    ("logs", "logs/ 214M in 9 files"),
)
OK = tuple(
    Diagnosis(name=name, verdict=Verdict.OK, text=text, explanation=("Looked at just now.",))
    for name, text in _OK
)
FOUND = (CRON, VACUUM, *OK)


def without(*names: str) -> tuple[Diagnosis, ...]:
    """The checks that are ok, but these."""
    return tuple(one for one in OK if one.name not in names)


def examined(*found: Diagnosis, **other: object) -> Seen:
    """The story with these findings; without any with those of the wireframe."""
    return changed(**{"doctor": found or FOUND, "doctor_at": ago(seconds=4), **other})


DOCTOR = examined()
