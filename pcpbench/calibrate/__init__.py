"""Calibration: measures what a machine's elementary steps cost, and writes its hardware profile."""

from pcpbench.calibrate.host import Host, read_host
from pcpbench.calibrate.measuring import Calibration, calibrate
from pcpbench.calibrate.nearest import nearest_profile
from pcpbench.calibrate.writing import profile_text

__all__ = ["Calibration", "Host", "calibrate", "nearest_profile", "profile_text", "read_host"]
