"""Names of files that say what the content depends on."""

import hashlib
import json
from typing import Any


def key(*parts: Any) -> str:
    """Digest what a part of the work depends on into twelve hexadecimal digits; equal content, equal name."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]
