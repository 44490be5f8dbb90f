"""What the package promises can be had, and costs nothing before it is used."""

import subprocess
import sys

import pytest

from taskonomy_core import blocks


@pytest.mark.parametrize("name", blocks.__all__)
def test_every_promised_name_is_there(name):
    assert getattr(blocks, name).__name__ == name


def test_the_list_is_sorted_and_no_name_is_unlisted():
    assert blocks.__all__ == sorted(blocks.__all__)
    assert {name for names in blocks._HOMES.values() for name in names} == set(blocks.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'taskonomy_core.blocks' has no attribute 'l3_loss'"):
        blocks.l3_loss  # noqa: B018


def test_importing_the_package_does_not_import_torch():
    code = "import sys, taskonomy_core.blocks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
