"""What a plugin may ask of the host, in the ways of Python. You need not change this file."""

import json
from dataclasses import dataclass, replace
from typing import Any

from componentize_py_types import Err
from wit_world.imports import compose as host_compose
from wit_world.imports import report, source, types
from wit_world.imports.types import Failure as WitFailure
from wit_world.imports.types import Origin


class Manifest:
    """A Kubernetes object, and where it is written.

    A received manifest is parsed when its `object` is first read. If it never is, the manifest is
    passed on as it came: test `json` first, as `'"Deployment"' in manifest.json`, where most
    manifests don't concern you.
    """

    def __init__(self, object, origin=None):
        self._object = object
        self.origin = origin
        self.json = None

    @classmethod
    def received(cls, text, origin):
        manifest = cls(None, origin)
        manifest.json = text
        return manifest

    @property
    def object(self):
        if self._object is None:
            self._object = json.loads(self.json)
        return self._object

    @object.setter
    def object(self, object):
        self._object = object

    def to_contract(self):
        is_unread = self._object is None
        text = self.json if is_unread else json.dumps(self._object, ensure_ascii=False)
        return types.Manifest(text, self.origin)


@dataclass
class Request:
    """What the plugin is asked to render."""

    directory: str
    config: dict
    manifests: list[Manifest]
    application: Any

    def with_(self, **changes):
        """The same request with other fields, for `compose`."""
        return replace(self, **changes)


class Failure(Exception):
    """A reason why the plugin cannot do its work, for the person who has to fix it. Raise it.

    The message says what is wrong: lower case, no full stop, names in backticks.
    """

    def __init__(self, message, hint=None, origin=None, notes=()):
        super().__init__(message)
        self.failures = [WitFailure(message, hint, origin, list(notes))]


class Failures(Exception):
    """Several of them, so that one run shows all mistakes."""

    def __init__(self, failures):
        super().__init__("; ".join(str(failure) for failure in failures))
        self.failures = [one for failure in failures for one in failure.failures]


def compose(plugin, request):
    """Lets another plugin render, in its own sandbox over the same tree, and returns its manifests:
    `compose("helm", request.with_(directory="charts/web", config={}, manifests=[]))`.
    """
    asked = types.Request(
        request.directory,
        request.application,
        json.dumps(request.config),
        [manifest.to_contract() for manifest in request.manifests],
    )
    try:
        return [Manifest.received(one.json, one.origin) for one in host_compose.render(plugin, asked)]
    except Err as error:
        failures = Failures([])
        failures.failures = error.value
        raise failures from None


def file(path):
    """A file as the origin of a manifest or a failure."""
    return Origin(path, 0, 0)


def in_config(*keys):
    """Where a field of the plugin's configuration is written, as `in_config("rules", "0")`."""
    return Origin("/" + "/".join(key.replace("~", "~0").replace("/", "~1") for key in keys), 0, 0)


def read_text(path):
    """The text of a file of the repository; `None` if it is not there."""
    content = _asked(path, source.read)
    return None if content is None else content.decode("utf-8", "replace")


def exists(path):
    """Whether there is a file or directory."""
    return _asked(path, source.stat) is not None


def list_directory(path):
    """The entries of a directory, sorted by name; `None` if it is not there."""
    entries = _asked(path, source.list)
    return None if entries is None else sorted(entries, key=lambda entry: entry.name)


def _asked(path, question):
    try:
        return question(path)
    except Err as error:
        match error.value:
            case source.ReadError_NotFound():
                return None
            case source.ReadError_WrongKind(value=kind):
                raise Failure(f"`{path}` is a {kind.name.lower()}") from None
            case source.ReadError_Refused(value=reason) | source.ReadError_Failed(value=reason):
                raise Failure(reason) from None
        raise


def warn(message, hint=None, origin=None, notes=()):
    """Tells the user of something that does not stop the render."""
    report.warn(WitFailure(message, hint, origin, list(notes)))


def log(message):
    """Writes a line to the log, which `oarlock render -v` shows. So does `print`."""
    report.log(report.Level.INFO, message)
