"""pytest plugin that runs dbt's own functional tests on this project's program.

dbt's fixtures write each project, its seeds and its profile; its tests say what must come of it. Only the runner is another one:
whatever a test asks of dbtRunner is asked of the program that DESKLEDGER_COMMAND starts, and read back from the artifacts that it wrote.
A line of JSON for each test goes to DESKLEDGER_REPORT.
"""

import inspect
import json
import os
import select
import subprocess
import time

import dbt.cli.exceptions
import dbt.cli.main
import dbt.exceptions
import dbt.tests
import dbt_common.exceptions
import pytest
import yaml

dbt.tests.__path__.append(os.path.join(os.environ["DESKLEDGER_ADAPTERS"], "dbt-tests-adapter/src/dbt/tests"))

import dbt.tests.util  # noqa: E402  (it is found by the line above)

COMMAND = json.loads(os.environ["DESKLEDGER_COMMAND"])
ONE_COMMAND_S = 120
COMMANDS_OF_NODES = {"build", "run"}


class NotRead(Exception):
    """A test asks for something that only dbt's Python objects have."""


class Record(dict):
    """An object of an artifact, with its keys as attributes, as dbt's Python objects have them."""

    def __getattr__(self, key):
        if key.startswith("__"):
            raise AttributeError(key)
        if key not in self:
            raise NotRead(f"the attribute {key} of dbt's Python objects")
        return self[key]


class Results(list):
    """The results of a command: a list, and what the artifact says besides."""

    def __init__(self, results, **more):
        super().__init__(results)
        self.results = self
        self.__dict__.update(more)


def read(value):
    if isinstance(value, dict):
        return Record((key, read(item)) for key, item in value.items())
    return [read(item) for item in value] if isinstance(value, list) else value


def errors_of(*modules):
    found = {value for module in modules for value in vars(module).values() if inspect.isclass(value)}
    errors = [one for one in found if issubclass(one, Exception) and one.__module__.startswith("dbt")]
    return sorted(errors, key=lambda one: -len(one.__mro__))


def any_error_of_dbt():
    """An error that every `pytest.raises` of dbt's errors takes: which kind it is has no counterpart outside Python."""
    bases = []
    for one in errors_of(dbt.exceptions, dbt_common.exceptions, dbt.cli.exceptions):
        if any(issubclass(base, one) for base in bases):
            continue
        try:
            type("Probe", (*bases, one), {})
            bases.append(one)
        except TypeError:
            pass

    def init(self, text):
        Exception.__init__(self, text)
        self.msg = text
        self.message = text

    return type("Refused", tuple(bases), {"__init__": init, "__str__": lambda self: self.msg})


Refused = any_error_of_dbt()


class Calls:
    """What was asked of the program, for the report."""

    by_group = {}
    group = None
    printed = ""
    unpublished = False


def invoke(self, args=None, **options):
    if self.callbacks:
        raise NotRead("callbacks for dbt's events")
    words = [str(one) for one in args or []]
    for key, value in options.items():
        words += option(key, value)
    # As in dbt: each model in its own transaction, whatever happens to the others.
    if COMMANDS_OF_NODES & set(words) and os.environ.get("DESKLEDGER_ATOMIC") != "1":
        words.append("--no-atomic")
    Calls.by_group[Calls.group] = Calls.by_group.get(Calls.group, 0) + 1
    began = time.time() - 0.01
    env = {name: value for name, value in os.environ.items() if not name.startswith("DESKLEDGER_") and name != "DATABASE_URL"}
    done = ask({"args": words, "cwd": os.getcwd(), "env": {**env, "NO_COLOR": "1"}})
    Calls.printed = done["stdout"] + done["stderr"]
    Calls.unpublished |= "Not published:" in Calls.printed
    print(f"$ {' '.join(words)}\n{Calls.printed}")
    if done["code"] == 2:
        return dbt.cli.main.dbtRunnerResult(success=False, exception=Refused(done["stderr"] or done["stdout"]))
    return dbt.cli.main.dbtRunnerResult(success=done["code"] == 0, result=result_of(words, done["stdout"], began))


program = None


def ask(request):
    """Has the program run a command line; it is started once for all of them, and again if it ended."""
    global program
    if program is None or program.poll() is not None:
        program = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    program.stdin.write(json.dumps(request) + "\n")
    program.stdin.flush()
    if not select.select([program.stdout], [], [], ONE_COMMAND_S)[0]:
        program.kill()
        return {"code": 2, "stdout": "", "stderr": f"no end after {ONE_COMMAND_S} s"}
    answer = program.stdout.readline()
    return json.loads(answer) if answer else {"code": 2, "stdout": "", "stderr": "the program ended"}


def option(key, value):
    name = f"--{key.replace('_', '-')}"
    if isinstance(value, bool):
        return [name if value else name.replace("--", "--no-", 1)]
    if isinstance(value, (list, tuple)):
        return [name, *map(str, value)]
    return [name, json.dumps(value) if isinstance(value, dict) else str(value)]


def result_of(words, stdout, began):
    """What dbt gives back of a command, read from what the program left in its target folder."""
    target = target_of(words)
    names = [word for word in words if not word.startswith("-")]
    if "ls" in names or "list" in names:
        return [line for line in stdout.splitlines() if line]
    if "docs" in names:
        return artifact(target, "catalog", began)
    manifest = artifact(target, "manifest")
    if "parse" in names:
        return manifest
    if "show" in names:
        return shown(stdout)
    if {"freshness", "snapshot-freshness"} & set(names):
        given = next((words[at + 1] for at, word in enumerate(words) if word in ("-o", "--output")), None)
        target, name = os.path.split(given.removesuffix(".json")) if given else (target, "sources")
    else:
        name = "run_results"
    results = artifact(target, name, began)
    if results is None:
        return None
    nodes = {}
    for part in ("nodes", "sources", "unit_tests", "exposures"):
        nodes.update((manifest or {}).get(part, {}))
    for result in results["results"]:
        node = dict(nodes.get(result["unique_id"], {}))
        node.update((key, result[key]) for key in ("compiled_code", "relation_name") if result.get(key))
        result["node"] = Record(node)
    more = {key: value for key, value in results.items() if key != "results"}
    return Results(results["results"], **more)


def shown(stdout):
    import agate

    try:
        rows = json.loads(stdout)
    except ValueError:
        return None
    rows = rows if isinstance(rows, list) else rows.get("show", [])
    return Results([Record(agate_table=agate.Table.from_object(rows), status="success")])


def target_of(words):
    if "--target-path" in words:
        return words[words.index("--target-path") + 1]
    folder = words[words.index("--project-dir") + 1] if "--project-dir" in words else "."
    with open(os.path.join(folder, "dbt_project.yml"), encoding="utf-8") as file:
        project = yaml.safe_load(file)
    return os.path.join(folder, os.getenv("DBT_TARGET_PATH") or project.get("target-path") or "target")


def artifact(target, name, began=0.0):
    path = os.path.join(target, f"{name}.json")
    if not os.path.exists(path) or os.path.getmtime(path) < began:
        return None
    with open(path, encoding="utf-8") as file:
        return read(json.load(file))


def run_dbt_and_capture(args=None, expect_pass=True):
    result = dbt.tests.util.run_dbt(args, expect_pass=expect_pass)
    return result, Calls.printed


def get_manifest(project_root):
    return artifact(os.path.join(project_root, "target"), "manifest")


if os.environ.get("DESKLEDGER_RUNNER") != "dbt":
    dbt.cli.main.dbtRunner.invoke = invoke
    dbt.tests.util.run_dbt_and_capture = run_dbt_and_capture
    dbt.tests.util.get_manifest = get_manifest


def group_of(item):
    return item.cls.__qualname__ + item.module.__name__ if item.cls else item.nodeid


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    Calls.group = group_of(item)
    Calls.printed = ""
    Calls.unpublished = False
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    # A teardown drops schemas and does not test the program.
    if call.when == "teardown" or (call.when == "setup" and report.passed):
        return
    error = call.excinfo.value if call.excinfo else None
    line = {
        "id": item.nodeid,
        "outcome": report.outcome,
        "calls": Calls.by_group.get(Calls.group, 0),
        "notRead": str(error) if isinstance(error, NotRead) else None,
        "error": f"{type(error).__name__}: {error}"[:2000] if error else None,
        "printed": Calls.printed[-4000:],
        "unpublished": Calls.unpublished,
        "seconds": round(call.duration, 2),
    }
    with open(os.environ["DESKLEDGER_REPORT"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
