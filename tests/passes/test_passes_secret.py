from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from tapctl.passes.secret import Secret

CODE = "+drkzqAD"


def test_only_reveal_shows_a_secret() -> None:
    secret = Secret(CODE)

    assert secret.reveal() == CODE
    assert CODE not in f"{secret} {secret!r} {[secret]} {secret:>20}"
    assert "%s" % secret == str(secret) == "Secret(***)"  # noqa: UP031


@pytest.mark.parametrize("write", [json.dumps, pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_written_down(write: Any) -> None:
    with pytest.raises(TypeError) as caught:
        write({"code": Secret(CODE)})

    assert CODE not in str(caught.value)
