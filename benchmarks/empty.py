"""The floor: five assets that do nothing, in one process."""

import dagster as dg


def _asset(name, *deps):
    @dg.asset(name=name, deps=deps)
    def empty():
        pass

    return empty


defs = dg.Definitions(
    [
        _asset("tv_show_info"),
        _asset("episodes", "tv_show_info"),
        _asset("characters", "tv_show_info"),
        _asset("character_appearances", "episodes", "characters"),
        _asset("appearances_report", "character_appearances"),
    ],
    executor=dg.in_process_executor,
)
