"""What goes in: files by name, standard input, arguments."""


def test_an_input_is_read_as_text_and_as_bytes(execute):
    code = """
from pathlib import Path
def f():
    with open("data.txt") as file:
        lines = list(file)
    return [lines, open("data.txt", "rb").read().hex(), Path("data.txt").read_text()]
"""
    outcome = execute(code, entry="f", inputs={"data.txt": "ä\nb\n".encode()})
    assert outcome.value_json == '[["\\u00e4\\n", "b\\n"], "c3a40a620a", "\\u00e4\\nb\\n"]'


def test_an_input_in_a_folder(execute):
    outcome = execute("print(open('a/b.txt').read())", inputs={"a/b.txt": b"deep"})
    assert outcome.stdout == "deep\n"


def test_what_is_written_can_be_read_back(execute):
    code = """
with open("out.txt", "w") as file:
    file.write("one\\n")
with open("out.txt", "a") as file:
    print("two", file=file)
with open("out.txt") as file:
    print(file.read(), end="")
"""
    assert execute(code).stdout == "one\ntwo\n"


def test_a_missing_file_is_the_ordinary_error(execute):
    outcome = execute("open('missing.txt')")
    assert "FileNotFoundError" in outcome.stderr


def test_standard_input_is_text_and_ends(execute):
    outcome = execute(
        "import sys\nprint(input(), sys.stdin.read().split(), sys.stdin.readline() == '')", stdin="a ü\n1 2\n3"
    )
    assert outcome.stdout == "a ü ['1', '2', '3'] True\n"


def test_arguments_are_the_json_values(execute):
    outcome = execute("def f(a, b): return [type(a).__name__, b['k']]", [1], {"k": None}, entry="f")
    assert outcome.value_json == '["list", null]'


def test_an_entry_may_be_a_method_and_may_be_async(execute):
    code = "class Solution:\n    @staticmethod\n    async def run(x): return x + 1"
    assert execute(code, 1, entry="Solution.run").value_json == "2"


def test_a_script_is_main_and_a_library_is_not(execute):
    code = "if __name__ == '__main__': print('main')\ndef f(): return __name__"
    assert execute(code).stdout == "main\n"
    outcome = execute(code, entry="f")
    assert outcome.stdout == ""
    assert outcome.value_json != '"__main__"'
