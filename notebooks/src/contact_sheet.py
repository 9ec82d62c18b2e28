"""Pictures side by side, to be looked at in a notebook."""

import io

from PIL import Image


def contact_sheet(files, height=130):
    """The pictures in one, as the bytes of a JPEG file.

    Args:
        files: their paths.
        height: of each, in pixels.
    """
    pictures = [Image.open(file).convert("RGB") for file in files]
    pictures = [picture.resize((picture.width * height // picture.height, height)) for picture in pictures]
    sheet = Image.new("RGB", (sum(picture.width + 8 for picture in pictures) - 8, height), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + 8
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
