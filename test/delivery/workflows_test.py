"""The workflows are what actionlint takes, call nothing but scripts, pin what they use, may do little, and run where something of a service changes."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import shared

FOLDER = shared.TOP / ".github/workflows"
BUILD = pathlib.Path(os.environ.get("VIGIL_BUILD", shared.TOP / "build/dev"))
SCRIPT = re.compile(r"(?:deploy/(?:delivery|release)/[a-z_]+(?: |$))+(?:[\w\"$]+ ?)*$")


def load_tool():
    loader = importlib.machinery.SourceFileLoader("workflows", str(shared.TOP / "tools/workflows"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("workflows", loader))
    loader.exec_module(module)
    return module


def workflows():
    # YAML 1.1 reads the key "on" as true
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}


def steps():
    for name, workflow in workflows().items():
        for job in workflow["jobs"].values():
            for step in job.get("steps", []):
                yield name, step


class Workflows(unittest.TestCase):
    def test_actionlint_finds_nothing_and_finds_what_is_wrong(self):
        actionlint = os.environ.get("ACTIONLINT") or self.skipTest("ACTIONLINT is not set (tools/actionlint prints it)")
        ask = lambda *files: subprocess.run([actionlint, "-no-color", *files], cwd=shared.TOP, capture_output=True, text=True, check=False)
        done = ask(*sorted(map(str, FOLDER.glob("*.yml"))))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder) / "wrong.yml"
            wrong.write_text((FOLDER / "daily.yml").read_text().replace("runs-on: ubuntu-24.04", "runs-on: ubuntu-24.04\n    need: nothing"))
            self.assertNotEqual(ask(str(wrong)).returncode, 0)

    def test_a_step_calls_a_script_that_is_there_and_nothing_of_the_event_is_in_its_words(self):
        for name, step in steps():
            with self.subTest(workflow=name, step=step):
                self.assertEqual(len({"run", "uses"} & set(step)), 1)
                if "run" in step:
                    self.assertRegex(step["run"], SCRIPT)
                    self.assertNotIn("${{", step["run"])
                    for path in re.findall(r"deploy/\w+/[a-z_]+", step["run"]):
                        self.assertTrue(os.access(shared.TOP / path, os.X_OK), path)

    def test_what_is_used_is_pinned_by_its_commit(self):
        for path in FOLDER.glob("*.yml"):
            for line in re.findall(r"uses: .*", path.read_text()):
                with self.subTest(workflow=path.name, line=line):
                    self.assertRegex(line, r"uses: (\./\.github/workflows/[\w-]+\.yml|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$")

    def test_nothing_may_write_but_what_attaches_a_release_or_ask_for_more_than_its_own_identity(self):
        allowed = {"contents": {"read"}, "id-token": {"write"}}
        for name, workflow in workflows().items():
            self.assertEqual(workflow["permissions"], {"contents": "read"}, name)
            for title, job in workflow["jobs"].items():
                rights = job.get("permissions", {})
                if (name, title) == ("release", "publish"):
                    self.assertEqual(rights, {"contents": "write"})
                    self.assertEqual([step["run"] for step in job["steps"] if "run" in step], ["deploy/release/publish build"], "it builds nothing")
                    rights = {}
                for what, right in rights.items():
                    self.assertIn(right, allowed.get(what, ()), f"{name}: {what}")
                if "steps" in job:
                    self.assertIn("timeout-minutes", job, name)
        # what runs the service's own code, its tests among it, has no identity that reaches the cluster
        self.assertNotIn("permissions", workflows()["service"]["jobs"]["image"])

    def test_schedules_are_those_that_steps_ask_for(self):
        workflow = workflows()["daily"]
        crons = {one["cron"] for one in workflow[True]["schedule"]}
        asked = set(re.findall(r"github\.event\.schedule [!=]= '([^']+)'", (FOLDER / "daily.yml").read_text()))
        self.assertLessEqual(asked, crons)


@unittest.skipUnless((BUILD / ".cmake/api/v1/reply").is_dir(), "the build was configured by a CMake without cmake_file_api")
class Paths(unittest.TestCase):
    def test_the_five_are_what_the_link_graph_says(self):
        done = subprocess.run([shared.TOP / "tools/workflows", BUILD, "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_library_that_one_links_is_followed_and_another_is_not(self):
        tool = load_tool()
        graph = tool.LinkGraph(BUILD)
        self.assertIn("libs/detect/**", tool.paths_of(graph, "detector"))
        self.assertIn("libs/journal/**", tool.paths_of(graph, "eeg-intake"))
        self.assertNotIn("libs/detect/**", tool.paths_of(graph, "eeg-intake"))
        self.assertIn("web/**", tool.paths_of(graph, "ward"))
        for service in tool.SERVICES:
            for other in set(tool.SERVICES) - {service}:
                self.assertNotIn(f"services/{other.replace('-', '_')}/**", tool.paths_of(graph, service), "services never include each other's code")
            for path in tool.paths_of(graph, service):
                self.assertTrue((shared.TOP / path.removesuffix("/**")).exists(), path)

    def test_a_new_link_is_noticed(self):
        tool = load_tool()
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(BUILD / ".cmake", pathlib.Path(folder) / ".cmake")
            graph = tool.LinkGraph(folder)
            target = graph.targets[graph.names["vigil_heart_intake"]]["jsonFile"]
            text = graph.read(target)
            text["dependencies"].append({"id": graph.names["vigil_queueing"]})
            (graph.reply / target).write_text(json.dumps(text))
            self.assertIn("libs/queueing/**", tool.paths_of(graph, "heart-intake"))
            self.assertEqual(subprocess.run([shared.TOP / "tools/workflows", folder, "--check"], capture_output=True, check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=1)
