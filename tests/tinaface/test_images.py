import numpy as np
import pytest

from tests.fixtures import pictures
from tinaface import images
from tinaface.errors import DatasetError


@pytest.fixture(scope="module")
def readable(tmp_path_factory):
    return pictures.readable(tmp_path_factory.mktemp("readable"))


def test_every_kind_of_picture_comes_out_upright_in_three_channels(readable):
    for picture in readable:
        rgb = images.read_rgb(picture.path)

        assert rgb.dtype == np.uint8, picture.path
        assert rgb.shape == picture.upright.shape, picture.path
        difference = np.abs(rgb.astype(int) - picture.upright.astype(int)).max()
        assert difference <= picture.tolerance, (picture.path, difference)


def test_the_size_in_the_header_is_the_size_of_the_decoded_picture(readable):
    for picture in readable:
        assert images.read_size(picture.path) == picture.upright.shape[:2], picture.path


def test_what_is_no_picture_is_refused_with_a_reason(tmp_path):
    for path in pictures.unreadable(tmp_path):
        with pytest.raises(DatasetError) as caught:
            images.read_rgb(path)
        with pytest.raises(DatasetError):
            images.read_picture(path)

        assert path.name in caught.value.what
        assert caught.value.why
        assert caught.value.remedy


def test_a_header_that_promises_400_megapixels_is_refused_before_decoding(tmp_path):
    with pytest.raises(DatasetError, match="20000 x 20000"):
        images.read_rgb(pictures.bomb(tmp_path))


def test_a_truncated_picture_gives_its_decodable_part_and_says_so(tmp_path):
    file = pictures.truncated_jpeg(tmp_path)

    picture = images.read_picture(file.path)

    assert picture.is_truncated
    assert picture.rgb.shape == file.upright.shape
    upper = slice(0, file.upright.shape[0] // 3)
    difference = picture.rgb[upper].astype(int) - file.upright[upper].astype(int)
    assert np.abs(difference).max() <= file.tolerance


def test_read_rgb_refuses_a_truncated_picture(tmp_path):
    with pytest.raises(DatasetError, match="cut short"):
        images.read_rgb(pictures.truncated_jpeg(tmp_path).path)


def test_a_name_that_is_no_text_is_read(tmp_path):
    path = tmp_path / "caf\udce9.png"
    try:
        pictures.one_pixel(tmp_path).path.rename(path)
    except OSError:
        pytest.skip("this file system takes no such name")

    assert images.read_rgb(path).shape == (1, 1, 3)


def test_samples_of_floats_are_scaled_by_the_range_of_their_kind(tmp_path):
    from PIL import Image

    path = tmp_path / "float.tif"
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)).save(path)

    np.testing.assert_array_equal(images.read_rgb(path)[0, :, 0], [0, 128, 255])
