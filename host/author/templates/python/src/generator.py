"""Makes a ConfigMap of the file `settings.json`."""

import json

from oarlock import Failure, Failures, Manifest, exists, file, read_text

NAME = "{{name}}"
VERSION = "0.1.0"
STAGE = "generator"
SUMMARY = "Makes a ConfigMap of settings.json"
CONFIG_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "The name of the ConfigMap.", "default": "settings"}
    },
    "additionalProperties": False,
}


def _file_of(directory):
    return "settings.json" if directory == "." else f"{directory}/settings.json"


def detect(directory):
    """Whether a directory is one that this plugin renders."""
    return exists(_file_of(directory))


def render(request):
    """The manifests of a directory."""
    path = _file_of(request.directory)
    text = read_text(path)
    if text is None:
        raise Failure("there is no such file", origin=file(path))
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Failure(f"not a JSON object: {error}", origin=file(path)) from None
    if not isinstance(data, dict):
        raise Failure("not a JSON object", origin=file(path))
    wrong = [
        Failure(f"`{key}` is not text", origin=file(path), hint="put it in quotes")
        for key, value in data.items()
        if not isinstance(value, str)
    ]
    if wrong:
        raise Failures(wrong)
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": request.config.get("name", "settings")},
        "data": data,
    }
    return [Manifest(config_map, file(path))]
