"""`--self-check`: does everything work that the window needs? Answers in JSON, needs no screen."""

import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QLibraryInfo, QTimer, qVersion
from PySide6.QtGui import QImage, QImageReader

from app.application import make_application
from app.environment import own_version
from app.images import decode
from app.workers.client import JobFailure, WorkerClient
from tinaface.errors import TinaFaceError

WRITABLE_FORMATS = ("png", "jpg", "bmp", "webp", "tiff", "ppm")
READ_FORMATS = ("gif",)
WORKER_TIMEOUT_S = 60.0
# The smallest GIF there is: one black pixel.
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90400000000002c00000000010001000002024401003b"
)


def run() -> int:
    """Runs all checks and prints one JSON object; 0 if all passed, else 1."""
    make_application()
    checks: dict[str, Callable[[], object]] = {
        "qt_plugins": _check_plugins,
        "write": _check_write,
        "formats": _check_formats,
        "labels": _check_labels,
        "weights": _check_weights,
        "worker": _check_worker,
    }
    results = {name: _run_one(check) for name, check in checks.items()}
    passed = all(result["ok"] for result in results.values())
    report = {"ok": passed, "versions": _versions(), "checks": results}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if passed else 1


def _run_one(check: Callable[[], object]) -> dict[str, object]:
    start = time.monotonic()
    try:
        found: dict[str, object] = {"ok": True, "found": check()}
    except (TinaFaceError, OSError, ValueError) as error:
        found = {"ok": False, "error": str(error)}
    found["seconds"] = round(time.monotonic() - start, 3)
    return found


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {
        "program": own_version(),
        "python": platform.python_version(),
        "qt": qVersion(),
        "system": platform.platform(),
    }
    for name in ("PySide6-Essentials", "numpy", "pillow", "safetensors", "tensorflow", "labelme"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def _check_plugins() -> object:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    kinds = ("platforms", "imageformats")
    plugins = {kind: sorted(one.stem for one in (folder / kind).glob("*")) for kind in kinds}
    if not all(plugins.values()):
        raise ValueError(f"plug-ins are missing in {folder}")
    return {**plugins, "formats": _readable()}


def _readable() -> list[str]:
    return sorted(bytes(one.data()).decode() for one in QImageReader.supportedImageFormats())


def _check_write() -> object:
    from tinaface.atomic import replace_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.json"
        replace_file(path, b"{}")
        if path.read_bytes() != b"{}":
            raise ValueError("a file does not hold what was written")
    return tempfile.gettempdir()


def _check_formats() -> object:
    """Writes one small picture in each format and decodes it as the window does."""
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    decoded = []
    with tempfile.TemporaryDirectory() as folder:
        gif = Path(folder) / "probe.gif"
        gif.write_bytes(GIF)
        for name in WRITABLE_FORMATS:
            image.save(str(Path(folder) / f"probe.{name}"))
        for path in sorted(Path(folder).iterdir()):
            decode(path)
            decoded.append(path.suffix[1:])
    missing = {*WRITABLE_FORMATS, *READ_FORMATS} - set(decoded)
    if missing:
        raise ValueError(f"cannot be decoded: {', '.join(sorted(missing))}")
    return decoded


def _check_labels() -> object:
    from tinaface import labelme

    document = labelme.new("a.jpg", 6, 8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        labelme.write(document, path)
        labelme.read(path)
    return "written and read"


def _check_weights() -> object:
    from tinaface.weights import default_weights, read_header

    path = default_weights()
    return {"file": path.name, "preset": read_header(path).preset}


def _check_worker() -> object:
    """Starts the worker as the window does and waits for its hello."""
    client = WorkerClient()
    loop = QEventLoop()
    answer: list[int] = []
    faults: list[JobFailure] = []
    client.ready.connect(answer.append)
    client.failed.connect(faults.append)
    client.ready.connect(loop.quit)
    client.failed.connect(loop.quit)
    QTimer.singleShot(round(WORKER_TIMEOUT_S * 1000), loop.quit)
    QTimer.singleShot(0, client.start)
    loop.exec()
    client.shutdown()
    if faults:
        raise ValueError(f"{faults[0].what}: {faults[0].why}")
    if not answer:
        raise ValueError(f"the worker said nothing within {WORKER_TIMEOUT_S:.0f} s")
    return "said hello"
