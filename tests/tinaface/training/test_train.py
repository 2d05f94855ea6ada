"""Whole runs on a handful of pictures.

Those that are compared bit by bit make graphs, as a training does; others do without.
"""

import dataclasses
import itertools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tests.tinaface.training.conftest import make_faces  # noqa: E402
from tests.tinaface.training.tiny import TINY, optimise_graphs, without_graphs  # noqa: E402
from tinaface import weights  # noqa: E402
from tinaface.dataset import find_entry, ground_truth  # noqa: E402
from tinaface.errors import CheckpointError, DatasetError  # noqa: E402
from tinaface.images import read_rgb  # noqa: E402
from tinaface.inference.predict import Predictor  # noqa: E402
from tinaface.inference.rescoring import FACTS, KEY, Rescoring  # noqa: E402
from tinaface.inference.settings import DetectSettings  # noqa: E402
from tinaface.presets import PRESETS  # noqa: E402
from tinaface.runs import (  # noqa: E402
    SAMPLES,
    MetricsFollower,
    Request,
    State,
    ask,
    is_asked,
    read_status,
    withdraw,
)
from tinaface.training import config, job, samples  # noqa: E402
from tinaface.training import step as step_module  # noqa: E402
from tinaface.training.config import TrainConfig  # noqa: E402
from tinaface.training.job import continue_run, start_run  # noqa: E402
from tinaface.training.labelled import read_labelled  # noqa: E402
from tinaface.training.losses import batch_loss  # noqa: E402
from tinaface.training.run_folder import RunFolder  # noqa: E402
from tinaface.training.validate import Validation  # noqa: E402
from tinaface.weights import read_header  # noqa: E402

pytestmark = [
    pytest.mark.tf,
    pytest.mark.slow,
    # The pipeline keeps its graphs where steps go without.
    pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """The rooms of compact, as few and as narrow as they can be."""
    PRESETS["tiny"] = TINY
    optimise_graphs(False)
    yield
    optimise_graphs(True)
    del PRESETS["tiny"]


@pytest.fixture
def no_graphs():
    with without_graphs():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_faces(tmp_path_factory.mktemp("faces"))


def options(data, **changes):
    given = {"data": str(data / "train"), "preset": "tiny", "epochs": 2, "batch": 2, "crop": 64}
    return {**given, **changes}


def run(start, *arguments, stops_after=None):
    """The result of a run, which is asked to stop after so many steps."""
    asked = iter(range(10_000))
    return start(
        *arguments,
        lambda line: None,
        lambda report: None,
        lambda: stops_after is not None and next(asked) >= stops_after,
    )


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """Two epochs without a break."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "whole")
    run(start_run, options(data), folder.path)
    return folder


@pytest.fixture(scope="module")
def stopped(data, tmp_path_factory):
    """The same run, asked to stop after four of its six steps."""
    path = tmp_path_factory.mktemp("runs") / "stopped"
    result = run(start_run, options(data), path, stops_after=4)
    return RunFolder(path), result


@pytest.fixture(scope="module")
def validated(data, tmp_path_factory):
    """One epoch whose three batches make one update, chosen by validation."""
    path = tmp_path_factory.mktemp("runs") / "validated"
    with without_graphs():
        result = run(
            start_run,
            options(data, epochs=1, accumulate=3, validate=str(data / "validate")),
            path,
        )
    return RunFolder(path), result


def truth_of(image):
    return ground_truth(find_entry(image))


def copied(folder, tmp_path):
    return RunFolder(Path(shutil.copytree(folder.path, tmp_path / "copy")))


def test_a_run_that_is_asked_to_stop_saves_its_state_and_says_so(stopped):
    folder, result = stopped

    assert result["stopped"]
    assert result["steps"] == folder.read_state()[0].step == 4
    assert not (folder.path / "run.lock").exists()


def test_a_run_stopped_before_its_first_validation_leaves_weights_to_compare(stopped):
    folder, _ = stopped

    headers = [weights.read_header(path) for path in (folder.last, folder.best)]

    assert [header.ap for header in headers] == [None, None]


def test_a_resumed_run_ends_bit_for_bit_where_an_uninterrupted_one_does(whole, stopped, tmp_path):
    parts = copied(stopped[0], tmp_path)

    result = run(continue_run, parts.path)

    assert result["steps"] == 6
    (_, expected), (_, found) = whole.read_state(), parts.read_state()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_accumulated_batches_are_one_update(validated):
    assert validated[1]["steps"] == 1


def test_a_run_leaves_weights_with_their_figures(validated):
    folder, result = validated

    header = read_header(folder.best)

    assert header.preset == "tiny"
    assert header.ap == result["best_ap50"]
    records = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    assert "validation_ap50" in records[-1]


def test_each_validation_leaves_what_it_found_in_its_sample_pictures(validated, data):
    folder, _ = validated

    (shown,) = map(samples.round_of, MetricsFollower(folder.path, SAMPLES).new_records())

    assert (shown.step, shown.ap50) == (1, read_header(folder.last).ap)
    assert [one.image.name for one in shown.samples] == ["validate0.png", "validate1.png"]
    assert sum(len(one.found) for one in shown.samples)
    predictor = Predictor(folder.last)
    for one in shown.samples:
        found = predictor.detect(read_rgb(one.image), DetectSettings.for_preset(PRESETS["tiny"]))
        expected = samples.sample_of(one.image, truth_of(one.image), found, shown.threshold)
        np.testing.assert_allclose(one.gt_boxes, expected.gt_boxes)
        np.testing.assert_allclose(one.found.xyxy, expected.found.xyxy, atol=0.01)


def test_sample_pictures_cost_no_second_look_at_them(validated, data, monkeypatch):
    looks = []
    detect = Predictor.detect
    monkeypatch.setattr(
        Predictor, "detect", lambda *words: (looks.append(words), detect(*words))[1]
    )

    measured = Validation(read_labelled(str(data / "validate"), None, None, None))(
        validated[0].last
    )

    assert len(measured.samples) == len(looks) == 2


def test_a_run_freezes_its_options_and_what_it_learned_from(validated):
    config = validated[0].read_config()

    assert config["options"]["seed"] == 1234
    assert config["data"]["training"]["pictures"] == 6
    assert config["environment"]["tensorflow"] == tf.__version__


@pytest.mark.usefixtures("no_graphs")
def test_f52_a_loss_that_is_no_number_stops_at_the_last_good_weights(
    stopped, tmp_path, monkeypatch
):
    folder = copied(stopped[0], tmp_path)
    before = folder.state.read_bytes()

    def broken(*arguments):
        sums = batch_loss(*arguments)
        return sums._replace(box=sums.box * math.nan)

    monkeypatch.setattr(step_module, "batch_loss", broken)

    with pytest.raises(CheckpointError, match=r"diverged at step 5.*of step 4"):
        run(continue_run, folder.path)
    assert folder.state.read_bytes() == before
    assert read_header(folder.last).preset == "tiny"
    status = read_status(folder.path)
    assert status.state is State.FAILED
    assert "--learning-rate" in status.error["remedy"]


def test_f50_a_run_killed_at_any_step_goes_on_from_its_last_checkpoint(whole, data, tmp_path):
    folder = RunFolder(tmp_path / "run")
    command = [sys.executable, "-m", "tests.tinaface.training.tiny", "train"]
    for name, value in options(data, run=folder.path, checkpoint_minutes=1e-9).items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    ended = subprocess.run(command, env={**os.environ, "TINY_DIES_AT": "4"}, timeout=280)

    killed, (place, _) = read_status(folder.path).state, folder.read_state()
    result = run(continue_run, folder.path)

    assert ended.returncode == -signal.SIGKILL
    assert (killed, place.step) == (State.KILLED, 3)
    assert result["steps"] == 6
    (_, expected), (_, found) = whole.read_state(), folder.read_state()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.usefixtures("no_graphs")
def test_a_run_killed_before_its_first_checkpoint_begins_again(whole, data, tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    shutil.copy(whole.config, folder.config)

    result = run(continue_run, folder.path, stops_after=1)

    assert result["steps"] == 1


@pytest.mark.usefixtures("no_graphs")
def test_a_pause_saves_and_waits_until_it_is_taken_back(data, tmp_path):
    folder = tmp_path / "run"
    looks, steps = itertools.count(), []

    def is_stopped():
        if next(looks) == 2:  # before the third step
            ask(folder, Request.PAUSE)
        if read_status(folder).state is State.PAUSED:
            steps.append(RunFolder(folder).read_state()[0].step)
            withdraw(folder, Request.PAUSE)
        return False

    result = start_run(options(data), folder, lambda line: None, lambda report: None, is_stopped)

    assert steps == [2]
    assert result["steps"] == 6
    assert read_status(folder).state is State.FINISHED


@pytest.mark.usefixtures("no_graphs")
def test_a_request_in_the_folder_stops_a_run_and_is_taken_away(data, tmp_path):
    folder = tmp_path / "run"

    def is_stopped():
        ask(folder, Request.STOP)
        return False

    result = start_run(options(data), folder, lambda line: None, lambda report: None, is_stopped)

    assert result["stopped"]
    assert read_status(folder).state is State.STOPPED
    assert not is_asked(folder, Request.STOP)


def test_figures_go_to_tensorboard_too(validated):
    folder, _ = validated
    (path,) = folder.path.glob("events.out.tfevents.*")

    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]

    assert events[0].file_version == "brain.Event:2"
    points = {value.tag: value.simple_value for event in events for value in event.summary.value}
    last = MetricsFollower(folder.path).new_records()[-1]
    figures = {name: value for name, value in last.items() if name.startswith("validation_")}
    assert {"validation_ap50", "validation_ap50_16_to_32"} <= figures.keys()
    assert {name: points[name] for name in figures} == pytest.approx(figures)


def test_changed_data_is_refused_when_a_run_is_continued(stopped, tmp_path):
    folder = copied(stopped[0], tmp_path)
    config = folder.read_config()
    config["data"]["training"]["hash"] = "000000000000"
    folder.config.write_text(json.dumps(config))

    with pytest.raises(CheckpointError, match="have changed"):
        run(continue_run, folder.path)


def test_a_picture_in_both_sets_is_refused(data, tmp_path):
    validate = tmp_path / "validate"
    shutil.copytree(data / "validate", validate)
    shutil.copy(data / "train" / "train0.png", validate / "validate0.png")

    with pytest.raises(DatasetError, match="the same picture"):
        run(start_run, options(data, validate=str(validate)), tmp_path / "run")


def test_weights_of_another_network_are_refused(data, whole, tmp_path):
    changes = {"preset": "compact", "weights": str(whole.best)}

    with pytest.raises(CheckpointError, match="Cannot start from"):
        run(start_run, options(data, **changes), tmp_path / "run")


@pytest.mark.parametrize(
    "changes", [{"batch": 0}, {"crop": 100}, {"epochs": 1, "minutes": 1.0}, {"preset": "none"}]
)
def test_options_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match=r"must be|either|no preset"):
        TrainConfig(**{"data": "faces", "epochs": 2, **changes})


@pytest.mark.usefixtures("no_graphs")
def test_mixed_precision_keeps_weights_in_float32(data, tmp_path):
    result = run(
        start_run, options(data, precision="mixed_bfloat16"), tmp_path / "run", stops_after=2
    )

    assert result["steps"] == 2
    _, state = RunFolder(tmp_path / "run").read_state()
    assert {a.dtype.name for name, a in state.items() if name.startswith("weights/")} == {"float32"}


@pytest.mark.usefixtures("no_graphs")
def test_a_gentle_run_keeps_its_share_of_the_weights_it_began_with(
    data, whole, tmp_path, monkeypatch
):
    """With all of the share nothing of what was learned is exported, though it was learned."""
    all_kept = dataclasses.replace(config.GENTLE_RESTRAINT, kept_share=1.0)
    monkeypatch.setattr(config, "GENTLE_RESTRAINT", all_kept)
    folder = RunFolder(tmp_path / "gentle")
    run(start_run, options(data, epochs=1, weights=str(whole.best), gentle=True), folder.path)

    first, exported = weights.read(whole.best)[1], weights.read(folder.best)[1]
    _, state = folder.read_state()
    assert all((exported[path] == values).all() for path, values in first.items())
    assert any((state[name] != 0).any() for name in state if name.startswith("first/"))


@pytest.mark.usefixtures("no_graphs")
def test_a_gentle_run_leaves_the_statistics_of_normalisation(data, whole, tmp_path):
    folder = RunFolder(tmp_path / "gentle")
    run(start_run, options(data, epochs=1, weights=str(whole.best), gentle=True), folder.path)

    first, exported = weights.read(whole.best)[1], weights.read(folder.best)[1]
    moved = {path for path, values in first.items() if (exported[path] != values).any()}
    assert moved
    assert not [path for path in moved if "moving" in path]
    assert [path for path in first if "moving" in path]


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("learns_all", [False, True])
def test_a_run_from_weights_leaves_what_the_preset_says(data, whole, tmp_path, learns_all):
    folder = RunFolder(tmp_path / "run")
    asked = options(data, epochs=1, weights=str(whole.best), learn_all=learns_all)
    run(start_run, asked, folder.path)

    first, exported = weights.read(whole.best)[1], weights.read(folder.best)[1]
    moved = {path for path, values in first.items() if (exported[path] != values).any()}
    fixed = {path for path in first if path.startswith(("backbone/", "context4/"))}
    assert {path for path in first if path.startswith("context3/")} & moved
    assert bool(fixed & moved) == learns_all
    assert any("moving" in path for path in moved) == learns_all


@pytest.mark.usefixtures("no_graphs")
def test_what_weights_learned_of_rescoring_stays_with_them(data, whole, tmp_path):
    start = tmp_path / "start.safetensors"
    header, tensors = weights.read(whole.best)
    count = len(FACTS)
    model = Rescoring([0.0] * count, [1.0] * count, [0.0] * (1 + count + count * (count + 1) // 2))
    weights.write(start, dataclasses.replace(header, extra={KEY: model.as_text()}), tensors)
    folder = RunFolder(tmp_path / "run")

    run(start_run, options(data, epochs=1, weights=str(start)), folder.path)

    assert read_header(folder.best).extra == {KEY: model.as_text()}


def test_what_is_good_already_is_trained_at_a_lower_rate():
    def rate(**options):
        return TrainConfig("faces", epochs=1, **options).trained_preset.schedule.learning_rate

    assert rate(weights="a") == 0.05 * rate() == 0.05 * rate(weights="a", learn_all=True)
    assert rate(weights="a", learning_rate=0.1) == 0.1
    assert rate(weights="a", preset="paper-bn") == rate(preset="paper-bn")


@pytest.mark.usefixtures("no_graphs")
def test_a_gentle_run_of_minutes_ends_before_few_pictures_are_known_by_heart(
    data, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(job, "GENTLE_PASSES", 2)
    asked = options(data, epochs=None, minutes=10.0, weights=str(whole.best), gentle=True)

    result = run(start_run, asked, tmp_path / "gentle")

    assert result["steps"] == 2 * 3  # six pictures are three batches of two
    assert not result["stopped"]


def test_a_gentle_run_needs_weights_to_begin_with(data, tmp_path):
    with pytest.raises(DatasetError, match="gentle needs weights"):
        run(start_run, options(data, gentle=True), tmp_path / "run")
