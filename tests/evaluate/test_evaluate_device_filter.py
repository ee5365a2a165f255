"""The language of device filters."""

from __future__ import annotations

import pytest

from tapctl.evaluate.device_filter import FilterError, comparisons, matches, parse
from tapctl.evaluate.situation import UNREGISTERED, Attribute, Device
from tapctl.evaluate.truth import Truth


def told(rule: str, **attributes: Attribute) -> Truth:
    return matches(parse(rule), Device(attributes=attributes))


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ('device.displayName -eq "kiosk-1"', "KIOSK-1", True),
        ('device.displayName -ne "kiosk-1"', "kiosk-2", True),
        ('device.displayName -startsWith "kiosk"', "Kiosk-1", True),
        ('device.displayName -notStartsWith "kiosk"', "Kiosk-1", False),
        ('device.displayName -endsWith "-1"', "kiosk-1", True),
        ('device.displayName -notEndsWith "-1"', "kiosk-1", False),
        ('device.displayName -contains "osk"', "kiosk-1", True),
        ("device.displayName -notContains 'OSK'", "kiosk-1", False),
        ('device.displayName -in ["kiosk-1", "kiosk-2"]', "kiosk-2", True),
        ('device.displayName -notIn ["kiosk-1"]', "kiosk-2", True),
        ('DEVICE.displayname -EQ "kiosk-1"', "kiosk-1", True),
        ('device.displayName -eq "kiosk-1"', None, False),
        ('device.displayName -ne "kiosk-1"', None, True),
        ("device.displayName -eq null", None, True),
    ],
)
def test_a_text_is_compared_without_letter_case(rule: str, value: str | None, expected: bool) -> None:
    assert told(rule, displayName=value) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('device.displayName -notContains "KIOSK"', True),
        ('device.displayName -contains "KIOSK"', False),
        ('-not (device.trustType -eq "AzureAD")', True),
        ('device.extensionAttribute1 -ne "SAW"', True),
    ],
)
def test_an_unregistered_device_has_only_nulls(rule: str, expected: bool) -> None:
    assert matches(parse(rule), UNREGISTERED) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('device.isCompliant -eq True -and device.trustType -eq "AzureAD"', True),
        ('device.isCompliant -eq False -or device.trustType -eq "AzureAD"', True),
        ('device.isCompliant -eq False -and device.model -eq "x"', False),
        ('device.isCompliant -eq True -or device.model -eq "x"', True),
        ('device.isCompliant -eq True -and device.model -eq "x"', None),
        ('-not device.model -eq "x"', None),
        ('not (device.isCompliant -eq True and device.trustType -eq "ServerAD")', True),
        ('device.isCompliant -eq True -or device.model -eq "x" -and device.trustType -eq "ServerAD"', True),
    ],
)
def test_parts_are_joined_with_the_precedence_of_the_language(rule: str, expected: Truth) -> None:
    assert told(rule, isCompliant=True, trustType="AzureAD") is expected


def test_a_label_is_compared_as_a_whole() -> None:
    assert told('device.systemLabels -contains "AzureResource"', systemLabels=("azureresource",)) is True
    assert told('device.systemLabels -contains "Azure"', systemLabels=("azureresource",)) is False


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"managed": False, "isCompliant": False, "trustType": "Workplace"}, False),
        ({"managed": True}, True),
        ({"trustType": "ServerAD"}, True),
        ({"managed": False}, None),
    ],
)
def test_extension_attributes_are_seen_on_managed_devices_only(
    attributes: dict[str, Attribute], expected: Truth
) -> None:
    found = told('device.extensionAttribute1 -eq "SAW"', extensionAttribute1="SAW", **attributes)

    assert found is expected


def test_ownership_has_two_names() -> None:
    assert told('device.deviceOwnership -eq "Company"', ownership="Company") is True


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ('device.colour -eq "red"', 'column 1: "device.colour" is no attribute'),
        ('"device.model" -eq "x"', "is no attribute"),
        ('device.isCompliant -contains "x"', 'column 20: isCompliant does not take "-contains"'),
        ("device.model -eq", "column 17: a value is missing"),
        ("device.model", "an operator is missing"),
        ("", "column 1: an attribute such as device.isCompliant is missing"),
        ('(device.model -eq "x"', 'column 22: ")" is missing'),
        ('(device.model -eq "x" device', 'column 23: "device" stands where ")" should'),
        ('device.model -eq "x" device', "stands where -and, -or or the end should"),
        ('device.model -eq "x', "column 17: a quotation mark is not closed"),
        ('device.model -in ["x"', 'a value or "]" is missing'),
        ("x" * 3073, "the rule has 3073 characters; 3072 are allowed"),
    ],
)
def test_a_rule_that_is_none_says_where_and_why(rule: str, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(rule)

    assert says in str(caught.value)


def test_every_comparison_of_a_rule_can_be_looked_at() -> None:
    rule = 'device.model -eq "x" -and -not (device.trustType -ne "y" -or device.isCompliant -eq True)'

    assert [test.attribute for test in comparisons(parse(rule))] == ["model", "trustType", "isCompliant"]
