"""One command makes pictures of every page and dialog."""

from pathlib import Path

import pytest
from PIL import Image

from app import gallery
from app.pages.table import PAGES


@pytest.mark.slow
def test_every_page_and_dialog_is_pictured_at_the_size_asked_for(tmp_path: Path):
    code = gallery.main([str(tmp_path), "--size", "1280x800@1.5", "--theme", "dark"])

    names = {path.name.removesuffix("-dark-1280x800@1.5.png") for path in tmp_path.iterdir()}
    assert code == 0
    assert names == {page.id for page in PAGES} | {"settings", "palette", "keys", "tour", "welcome"}
    with Image.open(tmp_path / "review-dark-1280x800@1.5.png") as picture:
        assert picture.size == pytest.approx((1280, 800), abs=2)
        assert sum(picture.convert("RGB").getpixel((400, 5))) < 384
