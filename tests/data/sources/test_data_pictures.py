"""Folders and zips of pictures, and what becomes of each picture; Pillow is the reference."""

import io
import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import glassnet as gn
from glassnet.base.errors import DataError, InputError
from glassnet.data import form_of, load, read_pictures

RNG = np.random.default_rng(0)


def noise(height=8, width=8, channels=3, seed=0):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def encoded(image, kind="PNG", **how):
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, kind, **how)
    return file.getvalue()


def grey(seed=0, height=8, width=8):
    return encoded(noise(height, width, 1, seed))


def colour(seed=0, height=8, width=8):
    return encoded(noise(height, width, 3, seed))


def two_classes(count=10, make=grey):
    return {f"{name}/{k:02}.png": make(seed=k) for name in ("cats", "dogs") for k in range(count)}


@pytest.fixture
def folder(tmp_path):
    """Writes files into the folder `photos`; of None, a folder."""

    def write(files, name="photos"):
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        for path, content in files.items():
            place = root / path
            if content is None:
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return root

    return write


@pytest.fixture
def zipped(tmp_path):
    """Writes files into photos.zip, as they are or changed by `change(info)`."""

    def write(files, change=lambda info: None, kind=zipfile.ZIP_STORED):
        path = tmp_path / "photos.zip"
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
            warnings.simplefilter("ignore")  # of names that are there twice
            for name, content in files.items() if isinstance(files, dict) else files:
                info = zipfile.ZipInfo(name)
                info.compress_type = kind
                change(info)
                archive.writestr(info, content or b"")
        return path

    return write


def message(path, **options):
    with pytest.raises(DataError) as error:
        load(path, **options)
    said = str(error.value)
    assert "\n" not in said
    assert len(said) < 600
    return said


def everything(data):
    return np.concatenate([data.x_train, data.x_test])


# ---- one picture, against Pillow


def prepared(content, shape, tmp_path):
    path = tmp_path / "one.png"
    path.write_bytes(content)
    (image,) = read_pictures(path, shape)
    return image


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_format_at_its_own_size_has_its_own_pixels(kind, mode, tmp_path):
    content = encoded(Image.fromarray(noise(9, 7)).convert(mode), kind)
    shape = (9, 7) if mode == "L" else (9, 7, 3)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(image.convert(mode))
    np.testing.assert_array_equal(prepared(content, shape, tmp_path), expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(kind, orientation, tmp_path, folder):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(noise(16, 24, 1), kind, exif=exif.tobytes())
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("L"))
    assert expected.shape == ((16, 24) if orientation < 5 else (24, 16))
    np.testing.assert_array_equal(prepared(content, expected.shape, tmp_path), expected)
    ending = kind.lower()
    root = folder({f"{c}/{k}.{ending}": content for c in "ab" for k in range(3)})
    data = load(root)
    if kind != "PNG":  # whose header says nothing of it
        assert data.input_shape[:2] == expected.shape


def test_transparency_is_put_on_white(tmp_path):
    image = noise(6, 6, 4)
    image[0, 0] = (10, 20, 30, 0)
    image[0, 1] = (10, 20, 30, 255)
    found = prepared(encoded(image), (6, 6, 3), tmp_path)
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[0, 1].tolist() == [10, 20, 30]
    alpha = image[..., 3:] / 255
    assert np.abs(found - (image[..., :3] * alpha + 255 * (1 - alpha))).max() <= 1


def test_transparency_of_grey_and_of_a_palette(tmp_path):
    grey_image = Image.merge("LA", [Image.new("L", (2, 2), 40), Image.new("L", (2, 2), 0)])
    assert (prepared(encoded(grey_image), (2, 2), tmp_path) == 255).all()
    palette = Image.new("P", (2, 2), 1)
    palette.putpalette([9, 9, 9, 200, 100, 50])
    found = prepared(encoded(palette), (2, 2, 3), tmp_path)
    assert found[0, 0].tolist() == [200, 100, 50]
    found = prepared(encoded(palette, transparency=1), (2, 2, 3), tmp_path)
    assert found[0, 0].tolist() == [255, 255, 255]


def test_of_sixteen_bits_the_upper_eight_count(tmp_path):
    deep = np.array([[0, 255, 256], [32768, 65535, 51 * 256 + 7]], np.uint16)
    found = prepared(encoded(Image.fromarray(deep)), (2, 3), tmp_path)
    assert found.tolist() == [[0, 0, 1], [128, 255, 51]]


def test_cmyk_becomes_red_green_and_blue(tmp_path):
    content = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    found = prepared(content, (16, 16, 3), tmp_path)
    assert np.abs(found[0, 0].astype(int) - [255, 0, 0]).max() <= 6


def test_black_and_white(tmp_path):
    bits = Image.fromarray(noise(4, 4, 1) > 127)
    assert bits.mode == "1"
    found = prepared(encoded(bits), (4, 4), tmp_path)
    np.testing.assert_array_equal(found, np.where(noise(4, 4, 1) > 127, 255, 0))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(kind, tmp_path):
    frames = [Image.new("L", (8, 8), value) for value in (0, 255, 128)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert (prepared(content, (8, 8), tmp_path) == 0).all()


def test_resizing_is_bilinear_over_all_pixels(tmp_path):
    content = colour(height=40, width=30)
    expected = Image.fromarray(noise(40, 30)).resize((5, 10), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(prepared(content, (10, 5, 3), tmp_path), np.asarray(expected))


def test_a_large_jpeg_becomes_nearly_what_resizing_all_of_it_gives(tmp_path):
    smooth = np.kron(noise(6, 8, 1), np.ones((80, 80), np.uint8))
    content = encoded(smooth, "JPEG", quality=95)
    expected = Image.fromarray(smooth).resize((32, 24), Image.Resampling.BILINEAR)
    found = prepared(content, (24, 32), tmp_path)
    assert np.abs(found.astype(int) - np.asarray(expected)).mean() < 6


# ---- read_pictures


def test_read_pictures_takes_one_path_or_several(folder):
    root = folder({"a.png": grey(1), "b.png": grey(2)})
    x = read_pictures([root / "b.png", str(root / "a.png")], (8, 8))
    np.testing.assert_array_equal(x, [noise(8, 8, 1, 2), noise(8, 8, 1, 1)])
    assert x.dtype == np.uint8
    assert read_pictures(root / "a.png", (8, 8, 3)).shape == (1, 8, 8, 3)


@pytest.mark.parametrize("content", [b"", b"no picture", grey()[:40], None])
def test_read_pictures_names_what_it_cannot_read(content, folder):
    root = folder({"good.png": grey(), "bad.png": content})
    with pytest.raises(DataError, match=r"bad\.png: cannot be read: ") as error:
        read_pictures([root / "good.png", root / "bad.png"], (8, 8))
    assert "0x" not in str(error.value)  # the address of an object


@pytest.mark.parametrize("shape", [None, (8,), (8, 8, 1), (8, 8, 4), (2, 2, 2, 2)])
def test_read_pictures_wants_the_shape_of_an_image(shape, folder):
    with pytest.raises(DataError, match=r"expected \(height, width\)"):
        read_pictures(folder({"a.png": grey()}) / "a.png", shape)


@pytest.mark.parametrize("pending", [1, 3, 1024])
def test_the_same_bits_however_many_are_read_at_once(pending, folder, monkeypatch):
    root = folder(two_classes())
    expected = everything(load(root))
    monkeypatch.setattr("glassnet.data.readers.pictures.PENDING", pending)
    np.testing.assert_array_equal(everything(load(root)), expected)


# ---- sizes, grey and colour


def test_equal_pictures_keep_their_pixels(folder):
    data = load(folder(two_classes()))
    assert (data.name, data.classes, data.target) == ("photos", ("cats", "dogs"), "class")
    assert (data.x_train.shape, data.x_test.shape) == ((16, 8, 8), (4, 8, 8))
    assert (data.x_train.dtype, data.scale) == (np.uint8, 1 / 255)
    assert (data.y_train.dtype, np.bincount(data.y_test).tolist()) == (np.int64, [2, 2])
    assert data.notes == ("20 pictures of 2 classes, 8 × 8, grey",)
    for x, y in zip(everything(data), [*data.y_train, *data.y_test], strict=True):
        assert y in (0, 1)
        assert any((x == noise(8, 8, 1, seed)).all() for seed in range(10))


def mixed(make):
    sides = [(10, 20), (30, 40), (50, 60)]
    return {
        f"{name}/{k}.png": make(height=sides[k][0], width=sides[k][1])
        for name in "ab"
        for k in range(3)
    }


def test_sizes_become_their_median(folder):
    data = load(folder(mixed(colour)))
    assert data.input_shape == (30, 40, 3)
    assert data.notes == (
        "6 pictures of 2 classes, resized to 30 × 40, the median size, in colour",
    )


@pytest.mark.parametrize("size", [32, (32, 48), [np.int64(32), 48]])
def test_a_size_may_be_given(size, folder):
    data = load(folder(mixed(colour)), size=size)
    height, width = (32, 32) if size == 32 else size
    assert data.input_shape == (height, width, 3)
    assert f"resized to {height} × {width} (the median size is 30 × 40), in" in data.notes[0]


def test_large_pictures_become_64_pixels_long(folder):
    root = folder({f"{c}/{k}.png": grey(k, 100, 400) for c in "ab" for k in range(2)})
    data = load(root)
    assert data.input_shape == (16, 64)
    assert "resized to 16 × 64 (all are 100 × 400), grey" in data.notes[0]


@pytest.mark.parametrize("size", [0, -1, 4097, 2.5, "32", (3,), (3, 4, 5), True, (True, 3), None])
def test_sizes_that_are_none(size, folder):
    root = folder(two_classes())
    if size is None:
        assert load(root, size=None).input_shape == (8, 8)
        return
    with pytest.raises(InputError, match=r"size is .* expected a whole number of 1 … 4096"):
        load(root, size=size)


def test_pictures_too_large_for_memory_are_refused(folder, monkeypatch):
    monkeypatch.setattr("glassnet.data.sources.picture_folder.MAX_PIXELS", 20 * 16 * 16 - 1)
    said = message(folder(two_classes()), size=16)
    assert "20 pictures of 16 × 16 take 5,120 bytes" in said
    assert "size=64" in said


def test_one_in_colour_makes_all_colour(folder):
    files = {**two_classes(), "dogs/00.png": colour()}
    data = load(folder(files))
    assert data.input_shape == (8, 8, 3)
    assert data.notes[0].endswith("8 × 8, in colour")
    assert load(folder(files), colour=False).input_shape == (8, 8)


def test_grey_may_be_made_colour(folder):
    data = load(folder(two_classes()), colour=True)
    assert data.input_shape == (8, 8, 3)
    assert (data.x_train == data.x_train[..., :1]).all()


@pytest.mark.parametrize("size", [None, 5])
def test_grey_in_three_channels_is_grey_and_has_the_same_bits(size, folder):
    as_colour = {
        path: encoded(Image.open(io.BytesIO(content)).convert("RGB"))
        for path, content in two_classes().items()
    }
    plain, three = (
        load(folder(two_classes(), "plain"), size=size),
        load(folder(as_colour), size=size),
    )
    assert three.input_shape == plain.input_shape
    np.testing.assert_array_equal(everything(three), everything(plain))
    root = folder(as_colour)
    again = read_pictures([root / "cats/03.png"], three.input_shape)
    assert any((again[0] == x).all() for x in everything(three))


# ---- folders


def test_order_and_split_are_those_of_names_and_seed(folder, tmp_path):
    files = two_classes(30)
    root = folder(dict(reversed(files.items())))
    one, two, other = load(root), load(folder(files, "again")), load(root, seed=1)
    np.testing.assert_array_equal(everything(one), everything(two))
    assert not np.array_equal(everything(one), everything(other))
    half = load(root, test=0.5)
    assert (len(half.x_train), len(half.x_test)) == (30, 30)
    assert len(load(root, test=0.0).x_test) == 0
    # In the order of the files, the draw is that of `split`.
    from glassnet.data import split

    x = np.stack([noise(8, 8, 1, k) for _ in "cd" for k in range(30)])
    expected = split(x, np.repeat([0, 1], 30), 0.2, 0)
    for found, wanted in zip(
        (one.x_train, one.y_train, one.x_test, one.y_test), expected, strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_files_that_are_not_pictures_are_counted(folder):
    files = {".DS_Store": b"", "cats/Thumbs.db": b"", "dogs/notes.txt": b"", "cats/._0.png": b""}
    data = load(folder({**two_classes(), **files}))
    assert data.notes[1] == (
        "left out 4 files that are not pictures: .DS_Store, cats/._0.png, cats/Thumbs.db and 1 more"
    )
    assert len(data.notes) == 2


def test_hidden_folders_are_not_read(folder):
    files = {".git/a.png": grey(), "cats/.thumbs/b.png": grey(), "__MACOSX/c.png": grey()}
    data = load(folder({**two_classes(), **files}))
    assert data.notes == ("20 pictures of 2 classes, 8 × 8, grey",)


def test_an_empty_class_and_stray_pictures_are_said(folder):
    data = load(folder({**two_classes(), "birds": None, "poster.png": grey()}))
    assert data.classes == ("cats", "dogs")
    assert data.notes[1:] == (
        "left out 1 picture in no class's folder: poster.png",
        "left out 1 folder without pictures: birds",
    )


def test_folders_in_a_class_count_for_it(folder):
    files = {f"{c}/{year}/{k}.png": grey(k) for c in "ab" for year in (1, 2) for k in range(3)}
    data = load(folder(files))
    assert (data.classes, len(everything(data))) == (("a", "b"), 12)


def test_a_single_folder_of_folders_is_stepped_into(folder):
    data = load(folder({f"data/all/{path}": content for path, content in two_classes().items()}))
    assert data.classes == ("cats", "dogs")


@pytest.mark.parametrize(
    ("parts", "train", "test"),
    [
        (("train", "test"), ["train"], "test"),
        (("Training", "testing"), ["Training"], "testing"),
        (("train", "val"), ["train"], "val"),
        (("train", "val", "test"), ["train", "val"], "test"),
    ],
)
def test_train_and_test_are_the_parts(parts, train, test, folder):
    files = {
        f"{part}/{name}/{k}.png": grey(10 * place + k)
        for place, part in enumerate(parts)
        for name in ("cats", "dogs")
        for k in range(3)
    }
    data = load(folder(files))
    seeds = [10 * parts.index(part) + k for part in train for _ in "cd" for k in range(3)]
    np.testing.assert_array_equal(data.x_train, [noise(8, 8, 1, seed) for seed in seeds])
    assert data.y_train.tolist() == [0, 0, 0, 1, 1, 1] * len(train)
    seeds = [10 * parts.index(test) + k for _ in "cd" for k in range(3)]
    np.testing.assert_array_equal(data.x_test, [noise(8, 8, 1, seed) for seed in seeds])
    assert data.y_test.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_class_may_be_called_train(folder):
    files = {f"{name}/{k}.png": grey(k) for name in ("train", "tram") for k in range(3)}
    assert load(folder(files)).classes == ("train", "tram")


def test_the_test_part_may_be_another_folder(folder):
    root, other = folder(two_classes(4)), folder({"dogs/x.png": grey(99)}, "other")
    data = load(root, test=other)
    assert (len(data.x_train), data.y_test.tolist()) == (8, [1])
    np.testing.assert_array_equal(data.x_test, [noise(8, 8, 1, 99)])


def test_links_in_a_circle_end(folder):
    root = folder(two_classes())
    (root / "cats" / "again").symlink_to(root, target_is_directory=True)
    (root / "birds").symlink_to(root / "dogs", target_is_directory=True)
    data = load(root)
    assert len(everything(data)) == 20


SPLIT = {f"{part}/{path}": c for part in ("train", "test") for path, c in two_classes(2).items()}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ["has no pictures (.png, ", "it is empty", "a folder of pictures for each class"]),
        ({"a.txt": b"", "b.tif": b""}, ["has no pictures", "found: a.txt, b.tif"]),
        ({"cats": None, "dogs": None}, ["has no pictures"]),
        ({"a.png": grey()}, ["has pictures but no folders", "such as cats and dogs"]),
        ({"cats/a.png": grey(), "cats/b.png": grey()}, ["only the class 'cats'", "two or more"]),
        ({"a/1.png": grey(), "b/1.png": grey(), "b/2.png": grey()}, ["class 'a' has one picture"]),
        ({"train/a.png": grey(), "test/b.png": grey()}, ["train has pictures", "train/cats"]),
        ({"test/a/1.png": grey(), "val/a/1.png": grey()}, ["folder test but no folder train"]),
        ({**SPLIT, "testing/cats/1.png": grey()}, ["folders test, testing: expected one"]),
        ({**SPLIT, "test/birds/1.png": grey()}, ["'birds'", "expected one of cats, dogs"]),
        ({"a\nb/1.png": grey(), "c/1.png": grey()}, ["'a\\nb'", "rename it"]),
        ({"a\x1b[31m/1.png": grey(), "c/1.png": grey()}, ["\\x1b[31m", "rename it"]),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_used_are_refused_in_one_line(files, expected, folder):
    said = message(folder(files))
    assert str(folder({})) in said
    for text in expected:
        assert text in said


def test_other_refusals(folder, tmp_path):
    root = folder(SPLIT)
    assert "has a test part of its own" in message(root, test=folder(two_classes(), "other"))
    assert "there is no file" in message(tmp_path / "none.zip")
    assert "there is no file or folder" in message(tmp_path / "none.png")
    one = folder({"a.png": grey()}, "single") / "a.png"
    assert "is one picture: expected a folder" in message(one)
    assert "has no option 'target'" in message(root, target="x")
    assert "test fraction" in message(folder(two_classes(), "more"), test=1.5)


def test_the_forms_of_sources(folder, tmp_path):
    assert form_of(folder(two_classes())) == form_of("a.zip") == form_of("a.PNG") == "pictures"
    idx = tmp_path / "idx"
    idx.mkdir()
    (idx / "train-images-idx3-ubyte").write_bytes(b"")
    assert form_of(idx) == "folder"


# ---- broken pictures


def bomb():
    """A PNG of 300 megapixels in less than 100 bytes."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 20_000, 15_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def small_bomb():
    """Between Pillow's limit and twice that, where Pillow only warns."""
    return bomb().replace(struct.pack(">II", 20_000, 15_000), struct.pack(">II", 10_000, 9_500))


def png_with_sum(content):
    """The same with the right sum of its header."""
    head = content[12:29]
    return content[:29] + struct.pack(">I", zlib.crc32(head)) + content[33:]


BAD = {
    "empty": (b"", "not a picture"),
    "text": (b"hello", "not a picture"),
    "cut off": (grey()[:60], ""),
    "cut off later": (colour(height=60, width=60)[:-3000], "truncated"),
    "a bomb": (bomb(), "more than 89,478,485 pixels"),
    "a small bomb": (png_with_sum(small_bomb()), "more than 89,478,485 pixels"),
    "a TIFF": (encoded(noise(), "TIFF"), "not a picture"),
}


@pytest.mark.parametrize("content, why", BAD.values(), ids=BAD)
def test_few_broken_pictures_are_named_and_left_out(content, why, folder):
    data = load(folder({**two_classes(60), "cats/bad.png": content}))
    assert len(everything(data)) == 120
    assert data.notes[0].startswith("120 pictures of 2 classes, ")
    assert "8 × 8" in data.notes[0]
    assert data.notes[1].startswith("left out: 1 of 121 pictures cannot be read: cats/bad.png (")
    assert why in data.notes[1]
    assert np.bincount([*data.y_train, *data.y_test]).tolist() == [60, 60]
    sound = load(folder(two_classes(60), "sound"))
    every = {x.tobytes() for x in everything(data)}
    assert every == {x.tobytes() for x in everything(sound)}


@pytest.mark.parametrize("content, why", BAD.values(), ids=BAD)
def test_many_broken_pictures_are_refused(content, why, folder):
    said = message(folder({**two_classes(49), "cats/bad.png": content, "dogs/bad.png": content}))
    assert "2 of 100 pictures cannot be read: cats/bad.png (" in said
    assert "dogs/bad.png" in said
    assert why in said
    assert "0x" not in said


def test_one_percent_is_not_too_many(folder):
    files = {**two_classes(50), "cats/00.png": b""}
    assert len(everything(load(folder(files)))) == 99
    assert "2 of 100" in message(folder({**files, "cats/01.png": b""}))


def test_many_are_counted_and_the_first_are_named(folder):
    said = message(folder({**two_classes(5), **{f"cats/{k:02}.png": b"" for k in range(5)}}))
    assert (
        "5 of 10 pictures cannot be read: cats/00.png (not a picture, or a damaged one), " in said
    )
    assert "cats/02.png (not a picture, or a damaged one) and 2 more; replace" in said


def test_labels_stay_with_their_pictures_when_some_are_broken(folder):
    files = {f"a/{k:03}.png": encoded(np.full((4, 4), 10, np.uint8)) for k in range(100)}
    files |= {f"b/{k:03}.png": encoded(np.full((4, 4), 200, np.uint8)) for k in range(100)}
    cut = colour(height=60, width=60)[:-3000]  # whose header is sound
    data = load(folder({**files, "a/050.png": cut, "b/000.png": b""}), colour=False, size=4)
    assert len(everything(data)) == 198
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        np.testing.assert_array_equal(x[:, 0, 0], np.where(y == 0, 10, 200))


def test_a_test_part_without_a_sound_picture_is_not_drawn_from_training(folder):
    files = {f"train/{path}": content for path, content in two_classes(60).items()}
    data = load(folder({**files, "test/cats/bad.png": b""}))
    assert (len(data.x_train), len(data.x_test)) == (120, 0)
    files = {f"test/{path}": content for path, content in two_classes(100).items()}
    bad = {"train/cats/bad.png": b"", "train/dogs/bad.png": b""}
    assert "no picture to train on" in message(folder({**files, **bad}, "other"))


# Two entries: a text, and orientation 6. The first is what it should not be, or all is.
TWO_TAGS = (
    b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01!\0\x02\0\0\0\x06\0\0\0&"
    b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0maker\0"
)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_damaged_exif_leaves_the_picture_as_it_lies(kind, tmp_path):
    good = encoded(noise(16, 24, 1), kind)
    bad = encoded(noise(16, 24, 1), kind, exif=TWO_TAGS.replace(b"MM\0*", b"MM\0\n"))
    shape = (16, 24)
    np.testing.assert_array_equal(prepared(bad, shape, tmp_path), prepared(good, shape, tmp_path))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_tag_beside_it_does_not_hide_the_orientation(kind, tmp_path):
    flat = prepared(encoded(noise(16, 24, 1), kind), (16, 24), tmp_path)
    turned = prepared(encoded(noise(16, 24, 1), kind, exif=TWO_TAGS), (24, 16), tmp_path)
    np.testing.assert_array_equal(turned, np.rot90(flat, -1))


def test_a_picture_that_is_a_pipe_does_not_wait(folder):
    root = folder(two_classes(60))
    os.mkfifo(root / "cats" / "pipe.png")
    assert "pipe.png (" in load(root).notes[1]


def test_names_that_no_screen_shows_are_written_out(folder):
    data = load(folder({**two_classes(60), "cats/a\n\x1b.png": b""}))
    assert "cats/a\\n\\x1b.png" in data.notes[1]


# ---- zips


def test_a_zip_is_read_like_the_folder(folder, zipped):
    files = two_classes()
    expected = load(folder(files))
    for front in ("", "photos/", "a/b/"):
        path = zipped({f"{front}{name}": content for name, content in files.items()})
        data = load(path)
        assert (data.name, data.classes, data.notes) == ("photos", expected.classes, expected.notes)
        np.testing.assert_array_equal(everything(data), everything(expected))
        np.testing.assert_array_equal(data.y_train, expected.y_train)
    assert not list(path.parent.glob("cats*"))


def test_a_zip_of_a_mac_and_one_of_windows(zipped):
    files = {f"photos/{name}": content for name, content in two_classes().items()}
    extra = {"__MACOSX/photos/cats/._00.png": b"x", "photos/": b"", "photos/birds/": b""}
    data = load(zipped({**files, **extra}))
    assert data.notes[1:] == ("left out 1 folder without pictures: birds",)
    data = load(zipped({name.replace("/", "\\"): c for name, c in files.items()}))
    assert data.classes == ("cats", "dogs")


def test_a_compressed_zip(zipped):
    assert len(everything(load(zipped(two_classes(), kind=zipfile.ZIP_DEFLATED)))) == 20


def link(info):
    info.external_attr = 0o120777 << 16


ZIPS = {
    "..": ({"../cats/a.png": grey()}, {}, "'../cats/a.png': has a name that leads outside"),
    ".. inside": ({"cats/../../a.png": grey()}, {}, "leads outside"),
    "..\\": ({"cats\\..\\..\\a.png": grey()}, {}, "leads outside"),
    "absolute": ({"/etc/a.png": grey()}, {}, "leads outside"),
    "drive": ({"C:\\a.png": grey()}, {}, "leads outside"),
    "deep": ({"a/" * 30_000 + "1.png": grey()}, {}, "lies more than 32 folders deep"),
    "a link": ({"cats/a.png": b"/etc/passwd"}, {"change": link}, "is a link"),
    "twice": ([("c/a.png", grey()), ("c/a.png", grey())], {}, "is there twice"),
    "bzip2": (two_classes(), {"kind": zipfile.ZIP_BZIP2}, "compressed by method 12"),
    "lzma": (two_classes(), {"kind": zipfile.ZIP_LZMA}, "compressed by method 14"),
    "no pictures": ({"a.txt": b"x"}, {}, "has no pictures"),
    "nothing": ({}, {}, "has no pictures"),
    "one class": ({"cats/a.png": grey()}, {}, "only the class 'cats'"),
}


@pytest.mark.parametrize("files, how, expected", ZIPS.values(), ids=ZIPS)
def test_hostile_zips_are_refused_in_one_line(files, how, expected, zipped):
    said = message(zipped(files, **how))
    assert expected in said
    assert "photos.zip" in said


def test_an_encrypted_zip(zipped):
    path = zipped(two_classes())
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    content[start + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted" in message(path)


def test_a_zip_that_unpacks_to_too_much(zipped):
    big = b"\0" * 2**26
    path = zipped({"a/1.bmp": big, "b/1.bmp": big}, kind=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**18
    assert "unpacks to 134,217,728 bytes, more than 67,108,864" in message(path)


def test_a_member_that_is_too_large(zipped, monkeypatch):
    monkeypatch.setattr("glassnet.data.readers.picture_tree.MAX_PICTURE", 1000)
    assert "has 1,001 bytes, expected at most 1,000" in message(zipped({"a/1.png": b"x" * 1001}))


def test_too_many_members(zipped, monkeypatch):
    monkeypatch.setattr("glassnet.data.readers.picture_tree.MAX_MEMBERS", 19)
    assert "has 20 members, more than 19" in message(zipped(two_classes()))
    monkeypatch.setattr("glassnet.data.readers.picture_tree.MAX_DIRECTORY", 100)
    assert "list of members is longer" in message(zipped(two_classes()))


def test_a_zip_that_lies_about_a_size(zipped):
    """A member that promises less is cut there, and its sum is then wrong."""
    path = zipped({**two_classes(60), "cats/x.png": grey(5)})
    content = bytearray(path.read_bytes())
    place = content.rindex(b"cats/x.png") - 46
    size = len(grey(5))
    assert struct.unpack_from("<I", content, place + 24)[0] == size
    struct.pack_into("<I", content, place + 24, size - 10)
    path.write_bytes(content)
    assert "cats/x.png (" in load(path).notes[1]


def test_every_cut_and_every_wrong_byte_of_a_zip_ends_in_one_line(zipped):
    path = zipped(two_classes(3))
    whole = path.read_bytes()
    for cut in RNG.integers(0, len(whole), 60):
        path.write_bytes(whole[:cut])
        message(path)
    for place in RNG.integers(0, len(whole), 300):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(RNG.integers(8))
        path.write_bytes(changed)
        try:
            load(path)
        except DataError as error:
            assert "\n" not in str(error)


def test_every_wrong_byte_of_a_picture_ends_in_one_line(folder):
    pictures = [encoded(noise(20, 20), kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP")]
    for number in range(300):
        content = bytearray(pictures[number % 5])
        for place in RNG.integers(0, min(len(content), 400), 3):
            content[place] = RNG.integers(256)
        path = folder({"one.png": bytes(content)}) / "one.png"
        try:
            assert read_pictures(path, (4, 4)).shape == (1, 4, 4)
        except DataError as error:
            assert "\n" not in str(error)


# ---- networks


def test_a_saved_network_sees_a_file_as_training_did(folder, tmp_path):
    root = folder(mixed(colour))
    data = load(root)
    net = gn.Sequential([gn.Scale(data.scale), gn.Flatten(), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    paths = sorted(root.rglob("*.png"))
    x = read_pictures(paths, again.input_shape)
    assert sorted(image.tobytes() for image in x) == sorted(i.tobytes() for i in everything(data))
    assert again.schema.picture.shape == data.input_shape
    import pandas as pd

    table = pd.DataFrame({"file": list(map(str, paths))})
    np.testing.assert_array_equal(again(table), net(x))
    assert len(again.schema.features) == np.prod(data.input_shape)


def test_a_missing_pillow_is_said(folder, monkeypatch):
    root = folder(two_classes())
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(gn.errors.MissingPackageError, match=r"needs Pillow: .*pip install"):
        load(root)


def test_paths_may_be_of_any_kind(folder):
    root = folder(two_classes())
    assert load(str(root)).x_train.tobytes() == load(Path(root)).x_train.tobytes()


@pytest.mark.parametrize("name", ["pictures", "empty", "one"])
def test_a_folder_whose_name_is_a_word_of_the_message_is_named(name, folder, tmp_path, monkeypatch):
    folder({"cats/1.png": grey(), "dogs/1.png": grey()} if name == "one" else {}, name)
    monkeypatch.chdir(tmp_path)
    assert message(name).startswith(f"{name}: ")
