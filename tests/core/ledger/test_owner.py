import os
import subprocess
import sys
from dataclasses import replace

from taskonomy_core.ledger.owner import HEARTBEAT, SILENCE, Owner, Silences


def test_this_process_lives_however_long_it_is_silent():
    assert Owner.this().lives(silence=1e9)


def test_each_worker_has_a_token_of_its_own():
    assert Owner.this() != Owner.this()


def test_a_process_that_is_gone_is_dead_at_once():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = replace(Owner.this(), pid=process.pid)
    process.wait()
    assert not owner.lives(silence=0.0)


def test_a_zombie_is_dead():
    process = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    process.stdout.read()  # ends when the process does, or nearly
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is not reaped
    assert not replace(Owner.this(), pid=process.pid).lives(silence=0.0)
    process.wait()
    process.stdout.close()


def test_a_number_that_was_given_again_is_another_process():
    assert not replace(Owner.this(), born="another boot 1").lives(silence=0.0)


def test_where_births_are_not_told_a_silent_process_is_dead():
    unborn = replace(Owner.this(), born="")
    assert unborn.lives(SILENCE)
    assert not unborn.lives(SILENCE + 1)


def test_on_another_machine_only_the_heartbeat_counts():
    elsewhere = replace(Owner.this(), host="elsewhere", pid=1)
    assert elsewhere.lives(SILENCE)
    assert not elsewhere.lives(SILENCE + 1)
    assert elsewhere.by_heartbeat
    assert replace(Owner.this(), born="").by_heartbeat
    assert not Owner.this().by_heartbeat


class Clock:
    """Seconds that go as the test says."""

    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


CLAIM = ("key", "token")


def test_silence_is_the_time_that_a_heartbeat_was_seen_to_rest():
    clock = Clock(1e6)
    silences = Silences(clock)
    heard = []
    for step, beat in ((0, 7), (10, 7), (5, 7), (10, 8), (2, 8), (3, 7)):  # any other number is a sign of life
        clock.now += step
        heard.append(silences.look({CLAIM: beat})[CLAIM])
    assert heard == [0, 10, 15, 0, 2, 0]


def test_who_was_asleep_has_heard_no_silence_and_a_clock_may_jump():
    clock = Clock()
    silences = Silences(clock)
    silences.look({CLAIM: 1})
    year = 365 * 86400.0
    heard = []
    for jump in (year, -2 * year, 5, 50 * year):
        clock.now += jump
        heard.append(silences.look({CLAIM: 1})[CLAIM])
    assert heard == [HEARTBEAT, HEARTBEAT, HEARTBEAT + 5, 2 * HEARTBEAT + 5]


def test_a_claim_that_was_gone_meanwhile_is_a_new_one():
    clock = Clock()
    silences = Silences(clock)
    for beats in ({CLAIM: 1}, {CLAIM: 1}, {}):
        clock.now += 10
        silences.look(beats)
    assert silences.look({CLAIM: 1, ("other", "token"): 1}) == {CLAIM: 0, ("other", "token"): 0}
