"""Gives SIGINT back its meaning: shells start what runs in the background with it ignored, children
inherit that, and tests that interrupt would wait for ever."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
