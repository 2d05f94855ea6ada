"""A worker without a network, whose behaviour the name of the first image decides."""

import json
import os
import signal
import sys
import time


def send(kind: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **fields}) + "\n")
    sys.stdout.flush()


def wait_for_cancel(job: int) -> None:
    for line in sys.stdin:
        if json.loads(line) == {"kind": "cancel", "job": job}:
            return


def detect(job: int, images: list[str]) -> None:
    wish = images[0]
    if wish == "garbage":
        sys.stdout.write("\x00 this is no message\n" + "x" * 3000 + "\n")
    if wish == "die":
        sys.stderr.write("last words\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "leave":
        sys.stderr.write("cannot go on\n")
        sys.exit(7)
    if wish in ("deaf", "stubborn"):
        if wish == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        send("progress", job=job, done=0, total=1)
        while True:
            time.sleep(60)
    if wish == "until-cancelled":
        send("progress", job=job, done=0, total=1)
        wait_for_cancel(job)
        send("finished", job=job, done=0, stopped=True)
        return
    if wish == "fails":
        send("failed", job=job, what="a", why="b", remedy="c", reason="oom")
        return
    for done, image in enumerate(images, 1):
        send("found", job=job, image=image, width=4, height=3, boxes=[[0, 0, 1, 1]], scores=[0.5])
        send("progress", job=job, done=done, total=len(images))
    send("finished", job=job, done=len(images), stopped=False)


def main() -> None:
    version = int(sys.argv[1])
    for line in sys.stdin:
        message = json.loads(line)
        if message["kind"] == "hello":
            send("ready", version=version, pid=os.getpid())
        elif message["kind"] == "detect":
            detect(message["job"], message["images"])
        elif message["kind"] == "quit":
            return


main()
