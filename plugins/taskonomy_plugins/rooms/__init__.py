"""The embedded data source "rooms": furnished rooms, rendered once into the user's cache. Imports no torch."""

from __future__ import annotations

from taskonomy_core.contract import DataRequest, DataSource, DataSourceKind, hookimpl


def _open(request: DataRequest) -> DataSource:
    from taskonomy_plugins.rooms.render import render_scenes
    from taskonomy_plugins.rooms.source import RoomsSource

    return RoomsSource(request, render_scenes)


ROOMS = DataSourceKind("rooms", "Furnished rooms, rendered on this machine", _open)


@hookimpl
def taskonomy_data_sources() -> list[DataSourceKind]:
    """The one data source of this plugin."""
    return [ROOMS]
