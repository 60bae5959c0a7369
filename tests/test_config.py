from pathlib import Path

import pytest

from rubrica.config import Settings, load
from rubrica.errors import ConfigError


def config(tmp_path: Path, text: str) -> Path:
    (tmp_path / "rubrica.toml").write_text(text)
    return tmp_path


def test_defaults_need_nothing(tmp_path: Path) -> None:
    assert load({}, environ={}, folder=tmp_path) == Settings()


def test_each_layer_overrides_the_one_before(tmp_path: Path) -> None:
    folder = config(tmp_path, 'seed = 1\neffort = "low"\nworkers = 1')
    settings = load({"workers": 3}, environ={"RUBRICA_WORKERS": "2", "RUBRICA_EFFORT": "high"}, folder=folder)
    assert (settings.seed, settings.effort, settings.workers) == (1, "high", 3)


def test_a_flag_that_was_not_given_hides_nothing(tmp_path: Path) -> None:
    assert load({"seed": None}, environ={"RUBRICA_SEED": "5"}, folder=tmp_path).seed == 5


def test_an_unknown_key_names_itself_and_its_layer(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rubrica\.toml: unknown setting 'sed'; known are .*seed"):
        load({}, environ={}, folder=config(tmp_path, "sed = 1"))
    with pytest.raises(ConfigError, match="environment variable RUBRICA_SED: unknown setting 'sed'"):
        load({}, environ={"RUBRICA_SED": "1"}, folder=tmp_path.parent)


@pytest.mark.parametrize(("name", "value"), [("SEED", "x"), ("WORKERS", "-1"), ("EFFORT", "extreme"), ("SANDBOX", "")])
def test_a_wrong_value_names_its_layer(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"environment variable RUBRICA_{name}: setting '{name.lower()}'"):
        load({}, environ={f"RUBRICA_{name}": value}, folder=tmp_path)


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", b"seed = 1\nseed = 2"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rubrica.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"rubrica\.toml: cannot be read as TOML"):
        load({}, environ={}, folder=tmp_path)


def test_a_nested_table_is_no_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="setting 'seed'"):
        load({}, environ={}, folder=config(tmp_path, "[seed]\nx = 1"))
