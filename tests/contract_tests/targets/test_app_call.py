"""The traceback of an application in process, as text."""

from __future__ import annotations

import traceback

import pytest

from ada_contract_tests.targets.app_call import header_bytes, traceback_text


def test_traceback_text_of_causes():
    """The cause stands in the text too, and no frame of the kit is in either."""

    def wrapped():
        try:
            header_bytes(None)
        except AttributeError as error:
            raise ValueError("outer") from error

    with pytest.raises(ValueError, match="outer") as caught:
        wrapped()
    assert "targets/app_call.py" in "".join(traceback.format_exception(caught.value))
    text = traceback_text(caught.value)
    assert "targets/app_call.py" not in text
    assert "AttributeError: 'NoneType' object has no attribute 'encode'" in text
    assert text.endswith("ValueError: outer\n")
