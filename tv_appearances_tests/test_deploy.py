"""`deploy/`: Dagster takes the files, and what they say of this project and of each other is true."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from tv_appearances.settings import Settings
from tv_appearances_tests.test_commands import ROOT

DEPLOY = ROOT / "deploy"


def read(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", sorted(DEPLOY.glob("*/dagster.yaml")), ids=lambda path: path.parent.name)
def test_dagster_takes_its_configuration_and_keeps_to_itself(folder: Path) -> None:
    config, _ = dagster_instance_config(str(folder.parent))
    assert not config["telemetry"]["enabled"]
    assert config["run_monitoring"]["enabled"]
    assert config["concurrency"]["pools"]["granularity"] == "op"


def test_every_setting_that_is_named_there_is_one() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.suffix in {".md", ".yaml", ".service"}]
    names = re.findall(r"\bTV_APPEARANCES_[A-Z]+\b", "\n".join(path.read_text(encoding="utf-8") for path in files))
    assert Settings.from_env(dict.fromkeys(names, "")) == Settings()


def test_the_pods_of_kubernetes_find_what_they_are_given() -> None:
    values, claim = read("kubernetes/values.yaml"), read("kubernetes/claim.yaml")
    (code,) = values["dagster-user-deployments"]["deployments"]
    volumes = {volume["name"]: volume for volume in code["volumes"]}
    places = {mount["name"]: mount["mountPath"] for mount in code["volumeMounts"]}
    variables = {entry["name"]: entry["value"] for entry in code["env"] if "value" in entry}
    commands = (DEPLOY / "kubernetes" / "README.md").read_text(encoding="utf-8")
    assert places.keys() == volumes.keys()
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert variables["TV_APPEARANCES_DATA"] == places["data"]
    assert f"create configmap {volumes['shows']['configMap']['name']} --from-file=shows.txt" in commands
    assert variables["TV_APPEARANCES_SHOWS"] == f"{places['shows']}/shows.txt"
    group = code["podSecurityContext"]["fsGroup"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    assert launcher["runK8sConfig"]["podSpecConfig"]["securityContext"]["fsGroup"] == group
    assert not values["telemetry"]["enabled"]
    (dagster,) = re.findall(r"^dagster==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"--version {dagster} " in commands


def test_kubernetes_knows_every_field() -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    version = kubernetes.latest_version()
    values, claim = read("kubernetes/values.yaml"), read("kubernetes/claim.yaml")
    (code,) = values["dagster-user-deployments"]["deployments"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    run = launcher["runK8sConfig"]
    container = {"name": "code", "image": ":".join([code["image"]["repository"], code["image"]["tag"]])}
    container |= {"env": code["env"], "volumeMounts": code["volumeMounts"]}
    spec = {"volumes": code["volumes"], "imagePullSecrets": values["imagePullSecrets"]}
    # As Dagster's chart and its launcher put them together.
    server = container | {
        "args": code["dagsterApiGrpcArgs"],
        "ports": [{"containerPort": code["port"]}],
        "imagePullPolicy": code["image"]["pullPolicy"],
        "securityContext": code["securityContext"],
    }
    step = container | {
        "imagePullPolicy": launcher["imagePullPolicy"],
        "resources": launcher["resources"],
        **run["containerConfig"],
    }
    job = {
        **run["jobSpecConfig"],
        "template": {"spec": spec | run["podSpecConfig"] | {"containers": [step], "restartPolicy": "Never"}},
    }
    pod = spec | {"securityContext": code["podSecurityContext"], "containers": [server]}
    for thing in (
        claim,
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": code["name"]}, "spec": pod},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": code["name"]}, "spec": job},
    ):
        kubernetes.validate(thing, version, strict=True)
    step["securityContext"]["capabilites"] = {"drop": ["ALL"]}
    with pytest.raises(kubernetes.ValidationError, match="capabilites"):
        kubernetes.validate(thing, version, strict=True)


def test_the_containers_of_compose_share_what_they_must() -> None:
    services = read("compose/compose.yaml")["services"]
    ours = [service for service in services.values() if service["image"] == "tv_appearances"]
    assert len(ours) == 3
    assert (ROOT / services["code"]["build"]["dockerfile"]).is_file()
    (server,) = (entry["grpc_server"] for entry in read("compose/workspace.yaml")["load_from"])
    assert services[server["host"]] is services["code"]
    assert f"-p {server['port']} " in services["code"]["command"]
    assert f"{services['code']['environment']['TV_APPEARANCES_DATA']}" in services["code"]["volumes"][0].split(":")
    storage = read("compose/dagster.yaml")["storage"]["postgres"]["postgres_db"]
    assert storage["hostname"] in services
    assert services["postgres"]["environment"]["POSTGRES_DB"] == storage["db_name"]
    assert services["postgres"]["environment"]["POSTGRES_USER"] == storage["username"]


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*/*.service")), ids=lambda path: path.name)
def test_a_unit_is_exposed_no_more_than_it_must_be(unit: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    command = ["systemd-analyze", "security", "--offline=true", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", said.stdout)
    if not found:
        pytest.skip(f"this systemd-analyze cannot look at a file: {said.stderr[:100]}")
    assert float(found[1]) < 3


def test_every_container_is_watched_bounded_and_stripped() -> None:
    services = {name: one for name, one in read("compose/compose.yaml")["services"].items() if "profiles" not in one}
    assert all(service["healthcheck"] for service in services.values())
    assert all(service["logging"]["options"]["max-size"] for service in services.values())
    assert all(service["cap_drop"] == ["ALL"] for name, service in services.items() if name != "postgres")


def test_the_image_is_not_root_and_holds_nothing_of_a_history() -> None:
    lines = (DEPLOY / "compose" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (user,) = [line for line in lines if line.startswith("USER ")]
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", user), "Kubernetes' runAsNonRoot wants a number"
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert "*" in ignored
    assert {f"!{word}" for word in copied} <= set(ignored), "what is copied is in the context"
    install, code = (
        next(number for number, line in enumerate(lines) if mark in line) for mark in ("--require-hashes", "COPY tv_")
    )
    assert install < code, "new code does not install everything anew"


def test_a_failed_unit_tells_somebody() -> None:
    for name in ("daemon", "webserver"):
        unit = (DEPLOY / "systemd" / f"tv-appearances-{name}.service").read_text(encoding="utf-8")
        assert "OnFailure=tv-appearances-failed@%n.service" in unit.split("[Service]")[0]
    told = (DEPLOY / "systemd" / "tv-appearances-failed@.service").read_text(encoding="utf-8")
    assert "python -m tv_appearances.alerts " in told
