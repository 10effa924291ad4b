"""The exports of the contract, around app.py. You need not change this file."""

import json
import traceback

import app
import oarlock
from componentize_py_types import Err
import wit_world
from wit_world.imports import report, types


class WitWorld(wit_world.WitWorld):
    def describe(self):
        stage = types.Stage[app.STAGE.upper()]
        return types.Descriptor(
            app.NAME, app.VERSION, stage, app.SUMMARY, json.dumps(app.CONFIG_SCHEMA)
        )

    def detect(self, directory):
        if not hasattr(app, "detect"):
            return False
        try:
            return _answered(lambda: app.detect(directory))
        except Err as error:
            # There is one reason at most, and a bug has none.
            bug = types.Failure("the plugin has a bug", None, None, [])
            raise Err(next(iter(error.value), bug)) from None

    def render(self, request):
        def run():
            return [made.to_contract() for made in app.render(_request(request))]

        return _answered(run)

    def parameters(self, request):
        if not hasattr(app, "parameters"):
            return []
        return _answered(lambda: app.parameters(_request(request)))


def _request(request):
    manifests = [oarlock.Manifest.received(one.json, one.origin) for one in request.manifests]
    return oarlock.Request(
        request.directory, json.loads(request.config), manifests, request.application
    )


def _answered(run):
    """Raises failures as the contract has them. Any other exception is a bug: people see its lines."""
    try:
        return run()
    except (oarlock.Failure, oarlock.Failures) as error:
        raise Err(error.failures) from None
    except Exception as error:
        places = [
            f"  {place.filename.removeprefix('/0/')}:{place.lineno} in {place.name}"
            for place in traceback.extract_tb(error.__traceback__)
            if not place.filename.endswith("/main.py")
        ]
        report.panicked("\n".join([f"{type(error).__name__}: {error}", *places[:-11:-1]]))
        raise Err([]) from None


# Modules that are imported while the plugin runs are not in the component. These are what Python
# imports by itself in a traceback, a sort or a number.
import encodings.idna  # noqa: E402,F401
import linecache  # noqa: E402,F401
import tokenize  # noqa: E402,F401
