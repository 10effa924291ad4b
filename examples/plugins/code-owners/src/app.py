"""Labels manifests with the team that owns their file, by CODEOWNERS, and annotates what it pays for."""

import re

from oarlock import Failure, Failures, Origin, in_config, read_text, warn

NAME = "code-owners"
VERSION = "0.1.0"
STAGE = "transformer"
SUMMARY = "Writes the team of CODEOWNERS and its cost center into every manifest"
CONFIG_SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "description": "The label of the team.", "default": "team"},
        "annotation": {
            "type": "string",
            "description": "The annotation of the cost center.",
            "default": "example.com/cost-center",
        },
        "costCenters": {
            "type": "object",
            "description": "Cost centers by team.",
            "additionalProperties": {"type": "string"},
            "default": {},
        },
    },
    "additionalProperties": False,
}

# Where GitHub looks, in this order.
PLACES = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]


def render(request):
    """From the manifests so far to those that go on."""
    label = request.config.get("label", "team")
    annotation = request.config.get("annotation", "example.com/cost-center")
    centers = request.config.get("costCenters", {})
    if not isinstance(centers, dict):
        raise Failure("`costCenters` is not a mapping", origin=in_config("costCenters"))
    rules = _rules()
    teams = {}
    without_center = set()
    for manifest in request.manifests:
        # A manifest that another plugin made belongs to the directory that is rendered.
        path = manifest.origin.path if manifest.origin else request.directory
        if path not in teams:
            teams[path] = _team(rules, path)
        team = teams[path]
        if team is None:
            continue
        _set(manifest.object, "labels", label, team)
        if team in centers:
            _set(manifest.object, "annotations", annotation, str(centers[team]))
        else:
            without_center.add(team)
    for team in sorted(without_center if centers else ()):
        warn(f"team `{team}` has no cost center", hint="add it", origin=in_config("costCenters"))
    return request.manifests


def _rules():
    """The rules of CODEOWNERS, as pairs of a compiled pattern and a team."""
    for path in PLACES:
        text = read_text(path)
        if text is not None:
            break
    else:
        raise Failure("the repository has no CODEOWNERS", hint=f"put it at `{PLACES[0]}`")
    rules, failures = [], []
    for number, line in enumerate(text.splitlines(), 1):
        fields = re.sub(r"(^|\s)#.*", "", line).split()
        if not fields:
            continue
        pattern, *owners = fields
        # `@org/team` is a team; people and addresses are no value of a label.
        names = [owner.split("/", 1)[1] for owner in owners if re.fullmatch(r"@[\w.-]+/[\w.-]+", owner)]
        if owners and not names:
            failures.append(
                Failure(f"`{pattern}` is owned by no team", "name one, as `@acme/web`", Origin(path, number, 1))
            )
        rules.append((re.compile(_regex(pattern)), names[0] if names else None))
    if failures:
        raise Failures(failures)
    return rules


def _team(rules, path):
    """The team of the last rule that matches, as GitHub has it."""
    return next((team for pattern, team in reversed(rules) if pattern.fullmatch(path)), None)


def _regex(pattern):
    """A pattern of CODEOWNERS, which has the rules of .gitignore, as a regular expression."""
    body = pattern.strip("/")
    is_anchored = pattern.startswith("/") or "/" in body
    parts = []
    for part in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", body):
        match part:
            case "**/":
                parts.append("(?:.*/)?")
            case "/**":
                parts.append("/.*")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _:
                parts.append(re.escape(part))
    if pattern.endswith("/"):
        below = "/.*"
    elif body.endswith("/*"):
        # `docs/*` is the files in `docs`, not those below.
        below = ""
    else:
        below = "(?:/.*)?"
    return ("" if is_anchored else "(?:.*/)?") + "".join(parts) + below


def _set(object, field, key, value):
    metadata = object.setdefault("metadata", {})
    if not metadata.get(field):
        metadata[field] = {}
    metadata[field][key] = value
