"""A worker that finds one face in every picture without looking.

`die` in a name kills it; with `hold` it waits until a file `go` lies in the folder.
"""

import json
import os
import signal
import sys
import time


def send(kind: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **fields}) + "\n")
    sys.stdout.flush()


def detect(job: int, images: list[str], root: str) -> None:
    for done, image in enumerate(images, 1):
        if "die" in image:
            os.kill(os.getpid(), signal.SIGKILL)
        while "hold" in image and not os.path.exists(os.path.join(root, "go")):
            time.sleep(0.01)
        error = None
        if "broken" in image:
            error = {"what": "Cannot read it", "why": "it is empty", "remedy": "Copy it again"}
        send(
            "found",
            job=job,
            image=os.path.relpath(image, root),
            width=80,
            height=60,
            boxes=[] if error else [[50.0, 10.0, 70.0, 40.0]],
            scores=[] if error else [0.9],
            error=error,
            model="0123456789ab",
            mtime_ns=os.stat(image).st_mtime_ns,
            seconds=0.01,
        )
        send("progress", job=job, done=done, total=len(images))
    send("finished", job=job, done=len(images), stopped=False)


def explain(job: int) -> None:
    send(
        "explained",
        job=job,
        step="suppressed",
        box=[50.0, 10.0, 70.0, 40.0],
        iou=0.7,
        score=0.2,
        level=3,
        anchor=[16.0, 20.0],
        rival=[48.0, 10.0, 70.0, 44.0],
        rival_score=0.6,
        rival_iou=0.5,
    )
    send("finished", job=job, done=1, stopped=False)


for line in sys.stdin:
    message = json.loads(line)
    if message["kind"] == "hello":
        send("ready", version=message["version"], pid=os.getpid())
    elif message["kind"] == "detect":
        detect(message["job"], message["images"], message["root"])
    elif message["kind"] == "explain":
        explain(message["job"])
    elif message["kind"] == "quit":
        break
