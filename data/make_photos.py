"""Make the photos of this folder, and the truth about them: `python data/make_photos.py FOLDER`.

FOLDER holds the packages that they come from, unpacked:

    pip install --no-deps --target FOLDER scikit-image==0.26.0 scikit-learn==1.9.1
    apt-get download lomiri-wallpapers-16.04=20.04.0-2 lomiri-wallpapers-20.04=20.04.0-2   # Debian 12
    for package in lomiri-wallpapers-*.deb; do dpkg-deb -x $package FOLDER; done

Each is cropped where only a part is of use, shrunk to 640 pixels at the most, and saved as JPEG without what the camera
noted. The labels are what a person sees in it, not what a model said.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent / "photos"

_LONGEST = 640

_SKIMAGE, _SKLEARN, _DEBIAN = "skimage/data", "sklearn/datasets/images", "usr/share/backgrounds"


@dataclass
class Photo:
    """One photo: where it comes from, and what is to be seen in it."""

    file: str
    source: str
    author: str
    licence: str
    labels: list[str]  # any of Rekognition's names that says it
    crop: tuple[float, float, float, float] | None = None  # left, top, right, bottom, in shares
    faces: int = 0
    text: str = ""
    moderation: list[str] | None = None


PHOTOS = [
    Photo("astronaut.jpg", f"{_SKIMAGE}/astronaut.png", "NASA", "public domain", ["Person"], faces=1),
    Photo("bird.jpg", f"{_DEBIAN}/Kleiber_by_Lukas_Baubkus.jpg", "Lukas Baubkus", "CC-BY-SA-3.0", ["Bird"],
          crop=(0.29, 0.3, 0.69, 0.74)),
    Photo("brook.jpg", f"{_DEBIAN}/life_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0",
          ["Valley", "Water", "Nature"]),
    Photo("brushes.jpg", f"{_DEBIAN}/Picture_1A_by_freespace.jpg", "Trevor Freespace", "CC-BY-4.0", ["Brush"]),
    Photo("cat.jpg", f"{_SKIMAGE}/chelsea.png", "Stéfan van der Walt", "CC0-1.0", ["Cat"]),
    Photo("clock.jpg", f"{_DEBIAN}/greentock_by_Peter_Nerlich.jpg", "Peter Nerlich", "CC-BY-SA-4.0", ["Clock"]),
    Photo("coffee.jpg", f"{_SKIMAGE}/coffee.png", "Rachel Michetti", "CC0-1.0", ["Coffee", "Coffee Cup", "Cup"]),
    Photo("dahlia.jpg", f"{_SKLEARN}/flower.jpg", "vultilion (Flickr)", "CC-BY-2.0", ["Flower"]),
    Photo("dogs.jpg", f"{_DEBIAN}/friends_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0", ["Dog"],
          crop=(0.15, 0.15, 0.95, 0.72)),
    Photo("fig.jpg", f"{_DEBIAN}/Picture_0B_by_freespace.jpg", "Trevor Freespace", "CC-BY-4.0", ["Fruit", "Bowl"]),
    Photo("launch.jpg", f"{_SKIMAGE}/rocket.jpg", "SpaceX", "public domain", ["Rocket"]),
    Photo("mountains.jpg", f"{_DEBIAN}/picosdeeuropa_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0",
          ["Mountain", "Mountain Range"]),
    Photo("pagoda.jpg", f"{_SKLEARN}/china.jpg", "danielbuechele (Flickr)", "CC-BY-2.0",
          ["Building", "Temple", "Architecture"]),
    Photo("photographer.jpg", f"{_SKIMAGE}/camera.png", "Lav Varshney", "CC0-1.0", ["Person", "Tripod"], faces=1),
    Photo("sunset.jpg", f"{_DEBIAN}/sunset_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0",
          ["Sunset", "Scenery", "Nature"]),
    Photo("wine.jpg", f"{_DEBIAN}/Wine_by_Jakkub_Mede.jpg", "Jakub Mede", "CC-BY-4.0", ["Wine", "Wine Glass", "Bottle"],
          crop=(0.35, 0.14, 0.75, 0.34), moderation=["Alcohol"]),
]  # fmt: skip


def make(photo: Photo, packages: Path) -> Image.Image:
    """The photo as it is kept here."""
    image: Image.Image = Image.open(packages / photo.source).convert("RGB")
    if photo.crop:
        left, top, right, bottom = photo.crop
        width, height = image.size
        image = image.crop((int(left * width), int(top * height), int(right * width), int(bottom * height)))
    image.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return image


def main(packages: Path) -> None:
    """Write every photo, and truth.json."""
    HERE.mkdir(exist_ok=True)
    for photo in PHOTOS:
        make(photo, packages).save(HERE / photo.file, quality=88, optimize=True)
    truth = [asdict(photo) | {"source": photo.source.rpartition("/")[2]} for photo in PHOTOS]
    content = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    (HERE / "truth.json").write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
