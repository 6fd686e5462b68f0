"""docs/hardware.md: generated from the profiles, so it must be what they generate now."""

from pathlib import Path

from pcpbench.hardware.builtin import pcpbench_hardware
from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.document import document
from pcpbench.hardware.profile import load_profile

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"


def test_the_page_is_what_the_profiles_say():
    assert PAGE.read_text() == document(load_profile(path) for path in pcpbench_hardware())


def test_the_page_explains_every_key():
    text = PAGE.read_text()
    assert all(f"| `{key}` | {meaning} |" in text for key, meaning in COST_MEANINGS.items())
