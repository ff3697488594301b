"""pytest's way in for a run from the checkout."""

pytest_plugins = ["relaycheck.plugin", "relaycheck.views.emit"]
