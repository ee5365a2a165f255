from jsonschema import ValidationError

from tapctl.kinds import kinds
from tapctl.model import JsonObject, Verdict
from tapctl.validate.verdicts import explain, verdicts


def test_what_no_words_were_found_for_is_told_all_the_same() -> None:
    error = ValidationError("1 is too odd", validator="multipleOf", schema={"description": "Even numbers."})

    (verdict,) = explain(kinds()["Group"], error)

    assert verdict == Verdict(path=(), rule="invalid", message="Group: 1 is too odd", help="Even numbers.")


def test_every_mistake_is_told_at_its_place() -> None:
    range_of_five: JsonObject = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": 5}

    found = verdicts(kinds()["NamedLocation"], {"isTrusted": "yes", "ipRanges": [range_of_five]})

    assert {(verdict.path, verdict.rule) for verdict in found} >= {
        (("isTrusted",), "wrong-type"),
        (("ipRanges", 0, "cidrAddress"), "wrong-type"),
    }
