"""Decides what is said of a slow moment: what it consisted of, and who caused that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pcpbench.report.explain.scene import Scene
from pcpbench.report.explain.words import CAUSES, MECHANISMS, event_text, moment, time_text
from pcpbench.report.words import listed, plural
from pcpbench.simulator.event_log import CONTEXTS, ROLES, UNFINISHED, Event

# A drain of direct reclaim is asked right after the reclaim that did not suffice.
RIGHT_AFTER_PS = 100_000_000
# What a call can consist of, in the order in which it is told, and how.
PARTS = (
    (("drain",), "its drain of everybody's lists"),
    (("drain_wait",), "waiting until an earlier drain was over"),
    (("direct_reclaim",), "reclaiming pages itself"),
    (("refill",), "refilling its list"),
    (("flush",), "freeing pages to the zone"),
    (("zone_call",), "going to the zone past the lists"),
    (("zone_lock_wait",), "waiting for the zone lock"),
    (("list_lock_wait",), "waiting for its own list's lock"),
    (("handler",), "handling interrupts"),
    (("thread",), "other tasks on its CPU"),
)


def story(scene: Scene) -> list[str]:
    """Sentences on the main event of a scene, the most important first."""
    return _STORIES[scene.main.kind](scene)


def _call(scene: Scene) -> list[str]:
    main = scene.main
    parts = []
    for kinds, what in PARTS:
        events = scene.within(*kinds)
        taken = scene.shared_ps(events)
        if taken > 0:
            times = f", {len(events)} times" if len(events) > 1 else ""
            parts.append((taken, f"{what} ({time_text(taken)}{times})"))
    if not parts:
        return ["Nothing met it: it moved cache lines that other CPUs had."]
    told = [text for taken, text in sorted(parts, reverse=True) if taken * 50 >= main.length_ps]
    sentences = [f"Its time went into {listed(told[:5])}; parts may lie within each other."]
    skipped = scene.within("drain_skipped")
    if skipped:
        sentences.append(
            f"{plural(len(skipped), 'time')} it wanted a drain and left it to one that ran already."
        )
    for number in {e.drain for e in scene.within("drain")}:
        sentences += _drain_told(scene, number)
    return sentences + _locks(scene)


def _locks(scene: Scene) -> list[str]:
    """Who had the lock in the longest wait."""
    waits = scene.within("zone_lock_wait", "list_lock_wait")
    if not waits:
        return []
    longest = max(waits, key=lambda e: e.length_ps)
    text = event_text(longest).removeprefix("waits for ")
    told = f"The longest wait for a lock, {time_text(longest.length_ps)}, was for {text}"
    holds = [
        e
        for e in scene.events
        if e.kind == longest.kind.replace("wait", "hold")
        and e.cpu != longest.cpu
        and e.value == longest.value
        and e.begin_ps < longest.end_ps
        and e.end_ps > longest.begin_ps
    ]
    if len(holds) > 1:
        told += f"; {len(holds)} holds of other CPUs ended before its turn came"
    return [f"{told}."]


def _noise(scene: Scene) -> list[str]:
    main = scene.main
    pieces = scene.within("interruption")
    taken: dict[tuple[str, str], int] = {}
    for e in pieces:
        taken[e.mechanism, e.cause] = taken.get((e.mechanism, e.cause), 0) + e.length_ps
    takers = [
        f"{MECHANISMS[mechanism]} ({time_text(ps)}, {CAUSES[cause]})"
        for (mechanism, cause), ps in taken.items()
    ]
    sentences = [f"What took the time: {listed(takers)}."] if takers else []
    works = [e for e in scene.within("drain_on_target") if e.length_ps > 0]
    freed = [e for e in scene.within("flush") if e.cause == "drain"]
    if works:
        where = listed(list(dict.fromkeys(CONTEXTS[e.flag] for e in works)))
        pages = sum(e.value for e in freed)
        sentences.append(
            f"Its CPU worked for drains in it ({where}): {time_text(scene.shared_ps(works))}, and "
            f"freed {plural(pages, 'page')} of its list."
        )
    for number in scene.drains():
        sentences += _asked(scene, number)
    grace = [e for e in scene.events if e.kind == "grace_period" and scene.touches(e)]
    if any(e.mechanism == "rcu" for e in pieces):
        sentences += [
            f"CPU {e.cpu} waited for an RCU grace period of {time_text(e.length_ps)} meanwhile."
            for e in grace
        ]
    if not sentences:
        sentences = [f"CPU {main.cpu} did nothing that was logged."]
    return sentences


def _asked(scene: Scene, number: int) -> list[str]:
    """Who asked for a drain, when and why."""
    drain = next(iter(scene.of_drain(number, "drain")), None)
    asks = [e for e in scene.of_drain(number, "drain_asks") if e.other == scene.main.cpu]
    if drain is None:
        return []
    told = [
        f"Drain {number} was asked by CPU {drain.cpu} at {moment(drain.begin_ps)}: "
        f"{_why(scene, drain)}."
    ]
    if asks:
        how = event_text(asks[0]).partition(" ")[2].partition(" ")[2]
        told.append(f"At {moment(asks[0].begin_ps)} it {_past(how)}.")
    return told


def _past(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"{'left' if first == 'leaves' else 'sent' if first == 'sends' else 'queued'} {rest}"


def _why(scene: Scene, drain: Event) -> str:
    reclaim = [
        e
        for e in scene.events
        if e.kind == "direct_reclaim"
        and e.cpu == drain.cpu
        and 0 <= drain.begin_ps - e.end_ps < RIGHT_AFTER_PS
    ]
    if reclaim:
        return f"it had reclaimed {reclaim[-1].value} pages itself, and the zone was still too low"
    return "its workload, or the experiment's open loop, wanted it"


def _drain(scene: Scene) -> list[str]:
    main = scene.main
    ended = "it was not over when the simulation ended" if main.flag & UNFINISHED else ""
    sentences = [f"It was asked because {_why(scene, main)}."]
    if ended:
        sentences.append(f"What is told of it is a part: {ended}.")
    return sentences + _drain_told(scene, main.drain)


def _drain_told(scene: Scene, number: int) -> list[str]:
    """What a drain's time went into: waiting, targets, grace periods, its own work."""
    sentences = []
    waits = [e for e in scene.of_drain(number, "drain_wait") if e.length_ps > 0]
    sentences += [
        f"Drain {number} waited {time_text(e.length_ps)} until an earlier one was over."
        for e in waits
    ]
    sentences += _targets_told(scene, number)
    drain = next(
        (e for e in (scene.main, *scene.events) if e.kind == "drain" and e.drain == number), None
    )
    if drain is None:
        return sentences
    own = [
        e
        for e in scene.events
        if e.cpu == drain.cpu and drain.begin_ps <= e.begin_ps <= drain.end_ps
    ]
    for grace in [e for e in own if e.kind == "grace_period"]:
        kind = "an expedited" if grace.flag else "a normal"
        told = f"It waited {time_text(grace.length_ps)} for {kind} RCU grace period."
        sentences.append(told)
    sentences += _asker_waited(scene, drain)
    freed = [e for e in own if e.kind == "flush" and e.cause == "drain" and e.other != e.cpu]
    if freed:
        pages = sum(e.value for e in freed)
        taken = sum(e.length_ps for e in freed)
        lists = plural(len({e.other for e in freed}), "other CPU")
        sentences.append(
            f"CPU {drain.cpu} freed {plural(pages, 'page')} of the lists of {lists} itself, in "
            f"{time_text(taken)}."
        )
    return sentences


def _targets_told(scene: Scene, number: int) -> list[str]:
    asks = {e.other: e for e in scene.of_drain(number, "drain_asks")}
    works = {e.cpu: e for e in scene.of_drain(number, "drain_on_target")}
    done = [cpu for cpu in asks if cpu in works]
    if not asks:
        return []
    if not done:
        return [f"Drain {number} asked {plural(len(asks), 'CPU')}, of which none answered in time."]
    last = max(done, key=lambda cpu: works[cpu].end_ps)
    asked, work = asks[last], works[last]
    told = (
        f"Drain {number} asked {plural(len(asks), 'CPU')}; the last to answer was CPU {last}, "
        f"{time_text(work.end_ps - asked.begin_ps)} after it was asked"
    )
    delay = work.begin_ps - asked.begin_ps
    told += f": it began {time_text(delay)} after that and worked {time_text(work.length_ps)}."
    return [told, *_delay(scene, last, work)]


def _delay(scene: Scene, cpu: int, work: Event) -> list[str]:
    """What kept a target from beginning at once."""
    wake = scene.wake_before(work)
    if wake is None:
        return []
    return [
        f"The kworker of CPU {cpu}, woken, waited {time_text(wake.length_ps)} until it had the CPU."
    ]


def _asker_waited(scene: Scene, drain: Event) -> list[str]:
    """What kept the task that asked from going on when all were done."""
    waits = [
        e
        for e in scene.events
        if e.kind == "wake_up"
        and e.cpu == drain.cpu
        and ROLES[e.flag] == "task"
        and drain.begin_ps <= e.begin_ps
        and e.end_ps <= drain.end_ps
        and e.length_ps * 5 > drain.length_ps
    ]
    if not waits:
        return []
    longest = max(waits, key=lambda e: e.length_ps)
    others = [
        ROLES[e.flag]
        for e in scene.events
        if e.kind == "thread"
        and e.cpu == drain.cpu
        and e.begin_ps <= longest.end_ps
        and e.end_ps >= longest.begin_ps
        and 5 * e.length_ps > longest.length_ps
    ]
    had = f", which {listed(list(dict.fromkeys(others)))} had" if others else ""
    return [
        f"The task that asked, woken, waited {time_text(longest.length_ps)} for its own CPU "
        f"{drain.cpu}{had}."
    ]


def _lock(scene: Scene) -> list[str]:
    main = scene.main
    if main.kind == "zone_lock_wait":
        others = [
            e
            for e in scene.events
            if e.kind == "zone_lock_hold" and scene.touches(e) and e.cpu != main.cpu
        ]
        told = [f"CPU {e.cpu} ({time_text(e.length_ps)})" for e in others]
        held = f"Meanwhile it was held by {listed(told[:8])}." if told else ""
        return [sentence for sentence in (_sentence(event_text(main)), held) if sentence]
    inside = scene.within("flush", "refill", "zone_call", "handler")
    told = [f"{event_text(e)} ({time_text(e.length_ps)})" for e in inside]
    return [f"Under it: {listed(told[:6])}."] if told else []


def _sentence(words: str) -> str:
    return f"It {words}."


_STORIES: Mapping[str, Callable[[Scene], list[str]]] = {
    "alloc_call": _call,
    "free_call": _call,
    "noise": _noise,
    "drain": _drain,
    "zone_lock_wait": _lock,
    "zone_lock_hold": _lock,
}
