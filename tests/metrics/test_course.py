"""The course of a cell in windows."""

from pcpbench.metrics.course import METRICS, WINDOWS, course_counters, course_of


def test_windows_are_equal_and_the_rest_is_dropped():
    epochs = [(10, 2, 100 * i) for i in range(2 * WINDOWS + 5)]
    counters = course_counters(epochs)
    assert counters["course.window_ps"] == 2_000_000_000
    course = course_of(counters)
    assert course[METRICS[0]] == [20.0] * WINDOWS
    assert course[METRICS[1]] == [(2 * i * 100 + (2 * i + 1) * 100) / 4 for i in range(WINDOWS)]


def test_a_window_without_a_timed_call_has_no_latency():
    course = course_of(course_counters([(0, 0, 0)] * WINDOWS))
    assert course[METRICS[1]] == [None] * WINDOWS


def test_a_short_cell_and_an_older_file_have_no_course():
    assert course_counters([(1, 1, 1)] * (WINDOWS - 1)) == {}
    assert course_of({"alloc_calls": 3}) == {}
