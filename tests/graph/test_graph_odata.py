from __future__ import annotations

import pytest

from tapctl.graph.odata import in_filters, odata_quote, path_segment, relative_url


def test_a_quote_cannot_end_a_literal() -> None:
    assert odata_quote("O'Brien' or 1 eq 1") == "'O''Brien'' or 1 eq 1'"


def test_a_segment_cannot_leave_its_place() -> None:
    assert path_segment("a/../b?c#EXT#@d.example%2f") == "a%2F..%2Fb%3Fc%23EXT%23@d.example%252f"


def test_filters_hold_fifteen_values_each_and_no_value_twice() -> None:
    filters = list(in_filters("id", [str(n % 16) for n in range(40)]))

    assert [text.count(",") + 1 for text in filters] == [15, 1]
    assert filters[1] == "id eq '15'"


def test_no_values_make_no_filter() -> None:
    assert list(in_filters("id", [])) == []


def test_options_are_encoded_so_that_none_of_them_is_two() -> None:
    url = relative_url("groups", {"$filter": "displayName eq 'R&D + #1'", "$top": "5"})

    assert url == "groups?$filter=displayName%20eq%20'R%26D%20%2B%20%231'&$top=5"


def test_what_a_segment_encoded_is_not_encoded_twice() -> None:
    assert relative_url("/users/" + path_segment("a#EXT#@b") + "/manager") == "users/a%23EXT%23@b/manager"


@pytest.mark.parametrize("path", ["groups?$top=1", "users/../groups", "./groups"])
def test_a_path_holds_no_query_and_no_dots(path: str) -> None:
    with pytest.raises(ValueError, match="not a Graph path"):
        relative_url(path)


def test_one_value_is_compared_without_a_list() -> None:
    assert list(in_filters("displayName", ["O'Brien"])) == ["displayName eq 'O''Brien'"]
