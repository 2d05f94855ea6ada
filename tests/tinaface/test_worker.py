import io
import json
import re
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from tests.fixtures import pictures
from tinaface import protocol, weights
from tinaface.boxes import Detections
from tinaface.errors import CheckpointError, MissingLibraryError
from tinaface.inference.explain import Explanation, Step
from tinaface.presets import PRESETS
from tinaface.protocol import (
    Cancel,
    Detect,
    Explain,
    Explained,
    Failed,
    Finished,
    Found,
    Hello,
    Progress,
    Quit,
)
from tinaface.worker import Worker


class FakePredictor:
    """Finds the whole picture; `at_image` is called with a running number before each."""

    preset = PRESETS["compact"]

    def __init__(self, at_image=lambda number: None):
        self._at_image = at_image
        self._number = 0

    def detect(self, rgb, settings):
        self._number += 1
        self._at_image(self._number)
        height, width = rgb.shape[:2]
        return Detections(np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32))

    def explain(self, rgb, settings, face, threshold):
        return Explanation(Step.THRESHOLD, tuple(face), 0.8, threshold / 2, 4, (16.0, 21.0))


@pytest.fixture
def weights_file(tmp_path):
    path = tmp_path / "some.safetensors"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    first = pictures.one_pixel(folder).path
    more = [folder / f"{number}.png" for number in range(3)]
    for path in more:
        path.write_bytes(first.read_bytes())
    return [str(path) for path in more]


JOB_ENDED = re.compile(rb'"kind":"(finished|failed)","job":[1-9]')


def serve(lines, predictor=None, load=None, at_image=None, jobs=None):
    """Every answer to these requests.

    Args:
        lines: requests, or bytes as they come.
        at_image: called with the worker and a running number before each image.
        jobs: how many jobs must end before the input is closed; those of `lines`, if not given.
    """
    answers = io.BytesIO()
    fake = FakePredictor(lambda number: at_image and at_image(worker, number))
    worker = Worker(answers, load or (lambda path: predictor or fake))
    for line in lines:
        worker.take(line if isinstance(line, bytes) else as_bytes(line))
    computing = threading.Thread(target=worker.run)
    computing.start()
    expected = sum(isinstance(line, Detect) for line in lines) if jobs is None else jobs
    while computing.is_alive():
        if len(JOB_ENDED.findall(answers.getvalue())) >= expected:
            worker.close()
        computing.join(0.01)
    return [protocol.from_line(line) for line in answers.getvalue().splitlines()]


def as_bytes(message):
    return protocol.to_line(message).encode()


def of_kind(messages, kind):
    return [message for message in messages if isinstance(message, kind)]


def request(job, images, weights_file, **more):
    return Detect(job=job, images=images, root="", weights=str(weights_file), **more)


def test_hello_is_answered_with_version_and_process(weights_file):
    (ready,) = serve([Hello(version=protocol.VERSION)])

    assert ready.version == protocol.VERSION
    assert ready.pid > 0


@pytest.mark.parametrize("line", [b"garbage\n", b"\xff\xfe", b'{"kind":"heartbeat"}'])
def test_what_is_no_request_is_answered_and_survived(line, images, weights_file):
    messages = serve([line, request(1, images, weights_file)])

    assert of_kind(messages, Failed)[0].reason == "protocol"
    assert of_kind(messages, Finished) == [Finished(1, 3, stopped=False)]


def test_each_image_is_answered_relative_to_the_root(images, weights_file, tmp_path):
    job = Detect(1, images, root=str(tmp_path), weights=str(weights_file))

    found = of_kind(serve([job]), Found)

    assert [one.image for one in found] == ["images/0.png", "images/1.png", "images/2.png"]
    assert (found[0].width, found[0].height, found[0].boxes) == (1, 1, [[0, 0, 1, 1]])
    assert found[0].model == weights.file_hash(weights_file)
    assert found[0].mtime_ns > 0


def test_an_unreadable_image_is_answered_with_its_error_and_the_job_goes_on(
    images, weights_file, tmp_path
):
    missing = str(tmp_path / "missing.png")

    messages = serve([request(1, [missing, images[0]], weights_file)])

    first, second = of_kind(messages, Found)
    assert set(first.error) == {"what", "why", "remedy"}
    assert second.error is None
    assert messages[-1] == Finished(1, 2, stopped=False)


def test_progress_ends_with_all_images(images, weights_file):
    progress = of_kind(serve([request(1, images, weights_file)]), Progress)

    assert progress[-1] == Progress(1, 3, 3)


def test_cancelling_ends_a_job_at_the_next_image(images, weights_file):
    def cancel_at_first(worker, number):
        if number == 1:
            worker.take(as_bytes(Cancel(1)))

    messages = serve([request(1, images, weights_file)], at_image=cancel_at_first)

    assert messages[-1] == Finished(1, 1, stopped=True)


def test_a_job_cancelled_while_it_waits_never_starts(images, weights_file):
    lines = [request(1, images, weights_file), request(2, images, weights_file), Cancel(2)]

    messages = serve(lines)

    assert {one.job for one in of_kind(messages, Found)} == {1}
    assert set(of_kind(messages, Finished)) == {Finished(2, 0, True), Finished(1, 3, False)}


def test_an_urgent_job_goes_between_two_images_of_another(images, weights_file):
    def ask_at_second(worker, number):
        if number == 2:
            worker.take(as_bytes(request(2, images[:1], weights_file, urgent=True)))

    messages = serve([request(1, images, weights_file)], at_image=ask_at_second, jobs=2)

    assert [one.job for one in of_kind(messages, Found)] == [1, 1, 2, 1]
    assert of_kind(messages, Finished) == [Finished(2, 1, False), Finished(1, 3, False)]


def test_weights_are_loaded_once_and_again_when_the_file_changes(images, weights_file):
    loads = []

    def load(path):
        loads.append(path.read_bytes())
        return FakePredictor(lambda number: number == 6 and weights_file.write_bytes(b"new"))

    serve([request(job, images, weights_file) for job in (1, 2, 3)], load=load)

    assert loads == [b"weights", b"new"]


def test_f46_weights_that_change_while_they_are_read_are_refused(images, weights_file):
    def load(path):
        path.write_bytes(b"other")
        return FakePredictor()

    (failed,) = of_kind(serve([request(1, images, weights_file)], load=load), Failed)

    assert failed.reason == "weights"
    assert "changed" in failed.why


def out_of_memory(number):
    raise MemoryError("cannot allocate")


def tensorflow_out_of_memory(number):
    raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor")


def a_bug(number):
    raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(out_of_memory, "oom"), (tensorflow_out_of_memory, "oom"), (a_bug, "error")],
)
def test_f44_a_job_that_fails_leaves_the_worker_working(images, weights_file, fault, reason):
    predictors = iter([FakePredictor(fault), FakePredictor()])
    other = weights_file.with_name("other.safetensors")
    other.write_bytes(b"other")

    messages = serve(
        [request(1, images, weights_file), request(2, images, other)],
        load=lambda path: next(predictors),
    )

    (failed,) = of_kind(messages, Failed)
    assert (failed.job, failed.reason) == (1, reason)
    assert of_kind(messages, Finished) == [Finished(2, 3, False)]


@pytest.mark.parametrize(
    ("error", "reason"), [(MissingLibraryError, "library"), (CheckpointError, "weights")]
)
def test_f45_a_network_that_cannot_be_loaded_says_why_and_what_to_do(
    images, weights_file, error, reason
):
    def load(path):
        raise error(what="a", why="b", remedy="c")

    (failed,) = of_kind(serve([request(1, images, weights_file)], load=load), Failed)

    assert (failed.what, failed.why, failed.remedy, failed.reason) == ("a", "b", "c", reason)


def test_settings_of_the_request_reach_the_network(images, weights_file):
    seen = []
    predictor = SimpleNamespace(
        preset=PRESETS["compact"],
        detect=lambda rgb, settings: seen.append(settings) or Detections.none(),
    )

    serve([request(1, images[:1], weights_file, settings={"score": 0.5})], predictor)

    assert seen[0].score_floor == 0.5


def test_f48_closed_input_ends_the_process_and_prints_of_libraries_never_reach_the_protocol():
    code = "import tinaface.worker as worker; worker.main(); print('a library prints')"

    done = subprocess.run(
        [sys.executable, "-c", code],
        input=protocol.to_line(Hello(version=protocol.VERSION)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    kinds = {json.loads(line)["kind"] for line in done.stdout.splitlines()}
    assert kinds <= {"ready", "heartbeat"}
    assert "ready" in kinds
    assert "a library prints" in done.stderr


def test_quit_ends_the_work():
    assert serve([Quit()]) == []


def test_a_missed_face_is_explained_before_the_jobs_that_wait(images, weights_file):
    question = Explain(
        job=2, image=images[0], box=[0, 0, 1, 1], threshold=0.5, weights=str(weights_file)
    )

    answers = serve([request(1, images, weights_file), question], jobs=2)

    (explained,) = of_kind(answers, Explained)
    assert (explained.job, explained.step, explained.score) == (2, "threshold", 0.25)
    assert explained.box == [0, 0, 1, 1]
    first, _ = of_kind(answers, Finished)
    assert first.job == 2


def test_an_image_that_cannot_be_read_is_no_explanation(tmp_path, weights_file):
    question = Explain(
        job=1,
        image=str(tmp_path / "no.png"),
        box=[0, 0, 1, 1],
        threshold=0.5,
        weights=str(weights_file),
    )

    (failed,) = of_kind(serve([question], jobs=1), Failed)

    assert "no.png" in failed.what
