import os
import subprocess
import sys
from dataclasses import replace

from taskonomy_core.ledger.owner import SILENCE, Owner


def test_this_process_lives_however_long_it_is_silent():
    assert Owner.this().lives(heartbeat=0.0, now=1e9)


def test_each_worker_has_a_token_of_its_own():
    assert Owner.this() != Owner.this()


def test_a_process_that_is_gone_is_dead_at_once():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = replace(Owner.this(), pid=process.pid)
    process.wait()
    assert not owner.lives(heartbeat=100.0, now=100.0)


def test_a_zombie_is_dead():
    process = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    process.stdout.read()  # ends when the process does, or nearly
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is not reaped
    assert not replace(Owner.this(), pid=process.pid).lives(heartbeat=100.0, now=100.0)
    process.wait()
    process.stdout.close()


def test_a_number_that_was_given_again_is_another_process():
    assert not replace(Owner.this(), born="another boot 1").lives(heartbeat=100.0, now=100.0)


def test_where_births_are_not_told_a_silent_process_is_dead():
    unborn = replace(Owner.this(), born="")
    assert unborn.lives(heartbeat=100.0, now=100.0 + SILENCE)
    assert not unborn.lives(heartbeat=100.0, now=101.0 + SILENCE)


def test_on_another_machine_only_the_heartbeat_counts():
    elsewhere = replace(Owner.this(), host="elsewhere", pid=1)
    assert elsewhere.lives(heartbeat=100.0, now=100.0 + SILENCE)
    assert not elsewhere.lives(heartbeat=100.0, now=101.0 + SILENCE)
