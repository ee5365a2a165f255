from __future__ import annotations

from cli_tools import Cli
from jsonschema import Draft202012Validator

from tapctl import schema


def test_a_good_folder(cli: Cli) -> None:
    result = cli("validate")

    assert result.code == 0
    assert "3 documents, nothing wrong" in result.out
    assert "SANDBOX: nothing real was changed" in result.out


def test_mistakes_have_places(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("validate")

    assert result.code == 1
    assert "policies/bad.yaml:3:8:" in result.out
    assert result.err == ""


def test_json_keeps_its_promise(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("validate", "--format", "json")

    Draft202012Validator(schema.read("validate-output")).validate(result.json)
    assert result.code == 1
    assert result.json["findingCounts"]["error"] == 1
    assert result.json["findings"][0]["place"]["line"] == 3


def test_nothing_is_written(cli: Cli) -> None:
    cli("validate")

    assert not (cli.root / "policies/.tapctl").exists()


def test_hostile_documents_are_escaped(cli: Cli) -> None:
    cli.write("bad.yaml", 'kind: Group\nname: "x\\u202ey[red]"\nspec: {"\\e]8;;evil\\a": 1}\n')
    for chosen in ("text", "json", "markdown"):
        result = cli("validate", "--format", chosen)
        assert result.code == 1
        assert not {"\x1b", "\x07", "\u202e"} & set(result.out + result.err)
