from __future__ import annotations

import json

import pytest

from tapctl.text.numbers import NotANumberError, loads


@pytest.mark.parametrize("text", ["0", "-9223372036854775808", "9223372036854775807", "-1.5", "1e300"])
def test_what_fits_is_what_python_reads(text: str) -> None:
    assert loads(text) == json.loads(text)


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "-9223372036854775809", "1" * 5000, "-1e999", "Infinity"]
)
def test_what_does_not_is_refused_in_few_words(text: str) -> None:
    with pytest.raises(NotANumberError) as caught:
        loads(f'{{"a": {text}}}')

    assert caught.value.text == text
    assert len(str(caught.value)) < 120
