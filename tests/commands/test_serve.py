"""`rubrica serve` refuses what would be unsafe or misread, before it listens."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from rubrica.cli import main


def refused(*arguments: str, token: str = "") -> str:
    result = CliRunner().invoke(main, ["serve", "--sandbox", "none", *arguments], env={"REWARD_TOKEN": token})
    assert result.exit_code == 2
    return result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])
def test_strangers_need_a_token(host: str, tmp_path: Path) -> None:
    assert "REWARD_TOKEN" in refused("--host", host)
    empty = tmp_path / "token"
    empty.write_text("\n")
    assert "REWARD_TOKEN" in refused("--host", host, "--token-file", str(empty))


def test_an_empty_token_file_is_no_open_door(tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.write_text(" \n")
    assert "holds no token" in refused("--token-file", str(empty))


def test_a_failure_is_given_a_number_only_in_so_many_words() -> None:
    assert "--on-unscored" in refused("--on-unscored", "zero")
    assert "finite" in refused("--on-unscored", "nan")


def test_an_address_that_is_not_ours_is_one_line() -> None:
    assert refused("--host", "192.0.2.1", token="s3cret").startswith("rubrica: cannot listen on 192.0.2.1:8080")


def test_a_port_that_is_taken_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused("--port", str(port))
    assert (
        told == f"rubrica: cannot listen on 127.0.0.1:{port}: the port is taken; name another with --port, 0 for any\n"
    )
