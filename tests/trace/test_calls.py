"""Calls and blocks: each free finds its allocation, whatever a recording leaves out."""

from pcpbench.plugin.workload import ALLOC, DRAIN, FREE
from pcpbench.trace.calls import NONE, match_calls
from pcpbench.trace.recording import load_recording


def calls_of(writer, *events):
    return match_calls(load_recording(writer.file(*events)))


def rows(calls):
    return list(zip(calls.op, calls.cpu, calls.block, strict=True))


def test_a_free_on_another_cpu_ends_the_block(writer):
    calls = calls_of(writer, (0, writer.alloc(7, 2, 0)), (1, writer.free(7, 2)))
    assert rows(calls) == [(ALLOC, 0, 0), (FREE, 1, 0)]
    (block,) = calls.blocks
    assert (block.order, block.migratetype, block.owner) == (2, 0, 0)
    assert (block.alloc, block.free) == (0, 1)


def test_a_page_frame_used_twice_is_two_blocks(writer):
    use = [(0, writer.alloc(7)), (0, writer.free(7))]
    assert [block for _, _, block in rows(calls_of(writer, *use, *use))] == [0, 0, 1, 1]


def test_a_free_without_allocation_was_in_use_before_with_the_type_of_its_list(writer):
    push = "kp_pre: PF n=0 z=DMA32 c=0 o=0 m=2 pfn=7 count=1"
    calls = calls_of(writer, (3, writer.free(7)), (3, push))
    (block,) = calls.blocks
    assert (block.alloc, block.free, block.owner, block.migratetype) == (NONE, 0, 3, 2)


def test_a_failed_allocation_is_asked_for_and_given_back_at_once(writer):
    calls = calls_of(writer, (0, writer.alloc(0, 3)), (0, writer.alloc(5)))
    assert calls.failed == 1
    assert calls.op == [ALLOC, FREE, ALLOC]
    assert calls.blocks[0].order == 3


def test_a_batched_free_is_the_same_free_again(writer):
    again = "mm_page_free_batched: page=0x1 pfn=7 order=0"
    calls = calls_of(writer, (0, writer.alloc(7)), (0, writer.free(7)), (0, again))
    assert calls.op == [ALLOC, FREE]


def test_the_inner_function_of_a_drain_is_the_same_drain_unless_called_alone(writer):
    inner = "kp_pre: K __drain_all_pages nid=-1"
    calls = calls_of(writer, (0, writer.drain), (0, inner), (1, inner), (0, inner))
    assert [(op, cpu) for op, cpu, _ in rows(calls)] == [(DRAIN, 0), (DRAIN, 1), (DRAIN, 0)]
    assert calls.drains == 3


def test_a_page_allocated_twice_was_freed_unseen(writer):
    calls = calls_of(writer, (0, writer.alloc(7)), (1, writer.alloc(7)), (1, writer.free(7)))
    assert calls.unseen_frees == 1
    assert calls.op == [ALLOC, FREE, ALLOC, FREE]
    assert all(block.free != NONE for block in calls.blocks)


def test_a_block_freed_in_pieces_is_freed_once_by_the_first(writer):
    pieces = [(0, writer.free(8 + n)) for n in (1, 0, 2, 3)]
    calls = calls_of(writer, (0, writer.alloc(8, 2)), *pieces)
    assert calls.op == [ALLOC, FREE]
    assert calls.pieces == 4
    assert len(calls.blocks) == 1


def test_a_page_of_a_split_block_used_again_is_a_block_of_its_own(writer):
    calls = calls_of(
        writer,
        (0, writer.alloc(8, 1)),
        (0, writer.free(8)),
        (0, writer.alloc(8)),
        (0, writer.free(8)),
        (0, writer.free(9)),
    )
    assert calls.op == [ALLOC, FREE, ALLOC, FREE]


def test_bulk_pages_are_allocations_unless_an_event_told_of_them(writer):
    bulk = "kp_ret: BULK pfns=a,b"
    calls = calls_of(
        writer, (0, "kp_pre: K alloc_pages_bulk gfp=8 nr=2"), (0, writer.alloc(10)), (0, bulk)
    )
    assert calls.op == [ALLOC, ALLOC]
    assert [block.migratetype for block in calls.blocks] == [1, 1]
