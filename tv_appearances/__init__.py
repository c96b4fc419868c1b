"""Who is this TV show about? A Dagster code location that counts how often episode summaries name each character.

Here stand the two components, by the names that a `defs.yaml` gives them; they are imported when they are asked for.
"""

__all__ = ["TvShow", "TvShows"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Importing a module that knows nothing of Dagster must not load Dagster.
    from tv_appearances import components

    return getattr(components, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
