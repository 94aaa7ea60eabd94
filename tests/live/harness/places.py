"""Where things are. WEIR and BENCH are set by `run` from its arguments."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WEIR = ROOT / "build" / "weir"
BENCH = ROOT / "build" / "bench"
FULL = False    # the full sizes of what is large (`run --full`)
SECONDS = None  # how long the full load lasts (`run --seconds`)
NODE_MODULES = ROOT / ".deps" / "node"


def node():
    """The Node that tools/setup --tests has installed beside the clients, where there is one for this processor: the
    clients need a newer one than distributions have."""
    own = NODE_MODULES / "node_modules" / ".bin" / "node"
    return str(own) if own.exists() else "node"


def sanitizer():
    """Which sanitizer the binary under test was built with, or None."""
    text = WEIR.read_bytes()
    return next((name for name in ("asan", "tsan") if f"__{name}_init".encode() in text), None)


def shared():
    """The folder of recordings and conformance cases, or None."""
    for candidate in (os.environ.get("WEIR_SHARED"), ROOT.parent / "shared"):
        if candidate and (Path(candidate) / "data").is_dir():
            return Path(candidate) / "data"
    return None
