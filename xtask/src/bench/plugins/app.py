NAME = "bench"
VERSION = "0.1.0"
STAGE = "transformer"
SUMMARY = "s"
CONFIG_SCHEMA = {"type": "object"}


def render(request):
    if request.config.get("touch"):
        for manifest in request.manifests:
            metadata = manifest.object.setdefault("metadata", {})
            metadata["labels"] = {**(metadata.get("labels") or {}), "team": "shop"}
    return request.manifests
