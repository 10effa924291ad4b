"""Writes the label `team` into every manifest."""

import re

from oarlock import Failure, in_config

NAME = "{{name}}"
VERSION = "0.1.0"
STAGE = "transformer"
SUMMARY = "Writes the owning team into every manifest"
CONFIG_SCHEMA = {
    "type": "object",
    "properties": {"team": {"type": "string", "description": "The team that owns the manifests."}},
    "required": ["team"],
    "additionalProperties": False,
}


def render(request):
    """From the manifests so far to those that go on."""
    team = request.config.get("team")
    if not isinstance(team, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,63}", team):
        raise Failure(
            f"`{team}` cannot be the value of a label",
            origin=in_config("team"),
            hint="use at most 63 letters, digits, `-`, `_` and `.`",
        )
    for manifest in request.manifests:
        metadata = manifest.object.setdefault("metadata", {})
        metadata["labels"] = {**(metadata.get("labels") or {}), "team": team}
    return request.manifests
