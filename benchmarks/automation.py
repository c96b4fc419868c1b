"""A month of automation: 30 days in which the show changed twice, ours against `eager()` with a daily cron.

Simulated: the conditions are evaluated as the daemon would, what they ask for is run over a fake gateway.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

import dagster as dg

from tv_appearances.build import ASSETS
from tv_appearances.settings import Settings
from tv_appearances_tests.fakes import episode
from tv_appearances_tests.test_automation import MIDNIGHT, Simulation

DAYS = 30
CHANGES = (8, 21)


class EagerSimulation(Simulation):
    """The same assets with the conditions that the blog post's policies became."""

    def load(self, settings: Settings) -> dg.Definitions:
        def eager(spec: dg.AssetSpec) -> dg.AssetSpec:
            condition = dg.AutomationCondition.eager()
            if not spec.deps:
                condition = condition | dg.AutomationCondition.on_cron("0 0 * * *")
            return spec.replace_attributes(automation_condition=condition)

        ours = super().load(settings)
        return dg.Definitions(
            assets=dg.map_asset_specs(eager, ASSETS), resources=ours.resources, executor=ours.executor
        )


def main() -> None:
    print(f"\n### {DAYS} days, {len(CHANGES)} new episodes\n")
    print("| | runs | steps | requests to TVMaze |\n|---|---|---|---|")
    for name, kind in (("ours", Simulation), ("`eager()` and a daily cron", EagerSimulation)):
        with tempfile.TemporaryDirectory() as folder, dg.instance_for_test() as instance:
            simulation = kind(Path(folder), instance)
            simulation.tick()
            simulation.run({asset.key.to_user_string() for asset in ASSETS})  # eager() never starts by itself
            runs = steps = requests = 0
            for day in range(DAYS):
                if day in CHANGES:
                    simulation.tvmaze.record["updated"] += 60
                    simulation.tvmaze.episode_list.append(episode(100 + day, 2, day, "<p>Ada rows out.</p>"))
                simulation.until(MIDNIGHT + timedelta(days=day, hours=23))
                runs += len(simulation.runs)
                steps += sum(len(assets) for _, assets, _ in simulation.runs)
                requests += len(simulation.tvmaze.requests)
        print(f"| {name} | {runs} | {steps} | {requests} |")


if __name__ == "__main__":
    main()
