"""Decides in which order blocks leave a CPU's lists (free_pcppages_bulk)."""

from __future__ import annotations

Block = tuple[int, int]  # first page, order


def from_list_in_use(
    lists: list[list[int]], orders: list[int], pages: int, start: int
) -> list[Block]:
    """5.18 and later: the list in use until it is empty, then the next one; tails first."""
    collected = []
    for step in range(len(lists)):
        index = (start + step) % len(lists)
        while pages > 0 and lists[index]:
            collected.append((lists[index].pop(), orders[index]))
            pages -= 1 << orders[index]
    return collected


def weighted(lists: list[list[int]], orders: list[int], pages: int) -> list[Block]:
    """Through 5.17: round robin, each list giving as many as were looked at to reach it."""
    weight = index = 0
    collected = []
    while pages > 0:
        while True:
            weight += 1
            index = (index + 1) % len(lists)
            if lists[index]:
                break
        if weight == len(lists):
            weight = pages  # the only list that is not empty
        while True:
            collected.append((lists[index].pop(), orders[index]))
            pages -= 1 << orders[index]
            weight -= 1
            if pages <= 0 or weight <= 0 or not lists[index]:
                break
    return collected
