"""Child processes that cannot outlive the process that started them, not even when it is killed with SIGKILL.

As a script (`process.py PARENT SIGNAL NAMESPACE COMMAND...`) this is the first life of such a child: it asks the kernel for the
signal and becomes the command. A `preexec_fn` would do the same in one step, but must not run Python when the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

NOBODY = 65534
REFUSED = 71  # exit status of a child that may not have its own user namespace

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def launch(
    command: Sequence[str | Path],
    *,
    dies_by: signal.Signals,
    as_nobody: bool = False,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    output: IO[bytes] | int | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; the kernel sends it `dies_by` when the calling thread ends.

    Call it from the main thread: the kernel watches the thread, not the process. Outside Linux the guarantee is missing.
    `as_nobody` runs it as uid 65534 of a user namespace in which that is us; it exits with REFUSED where the machine
    forbids namespaces.
    """
    first_life = [sys.executable, "-I", "-S", __file__, os.getpid(), int(dies_by), "nobody" if as_nobody else "same"]
    return subprocess.Popen(
        [str(part) for part in (*first_life, *command)],
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        pass_fds=pass_fds,
    )


def wait_until(done: Callable[[], bool], *, timeout_seconds: float) -> bool:
    """Ask until `done` or the time is over; the last answer."""
    deadline = time.monotonic() + timeout_seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to everything that is left of the process's group, and collect the process itself."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says "not permitted" when only the dead are left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def bind_to_parent(dies_by: signal.Signals) -> None:
    """Ask the kernel to send `dies_by` to this process when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(dies_by), 0, 0, 0)


def _enter_namespace_as_nobody() -> None:
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {user} 1"),
        ("gid_map", f"{NOBODY} {group} 1"),
    ):
        Path("/proc/self", name).write_text(content)


def _become(parent: int, dies_by: signal.Signals, namespace: str, command: list[str]) -> None:
    if namespace == "nobody":
        try:
            _enter_namespace_as_nobody()
        except OSError as error:
            print(f"no user namespace: {error}", file=sys.stderr)
            sys.exit(REFUSED)
    # After the namespace: a change of credentials clears the wish.
    bind_to_parent(dies_by)
    # The parent may have died before it was made.
    if os.getppid() == parent:
        os.execvp(command[0], command)


if __name__ == "__main__":
    _become(int(sys.argv[1]), signal.Signals(int(sys.argv[2])), sys.argv[3], sys.argv[4:])
