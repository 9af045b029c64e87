"""The bundled digits are the published ones, bit for bit, in the published order."""

import hashlib

import torch

from geomgen.data.digits import BUNDLED, SHA256, read_digits


def test_describes_itself() -> None:
    digits = read_digits()
    assert (digits.name, digits.input_shape, digits.num_classes) == ("digits", (1, 8, 8), 10)
    assert (len(digits.train), len(digits.test)) == (1500, 297)
    assert hashlib.sha256(BUNDLED.read_bytes()).hexdigest() == SHA256
    assert digits.sha256 == "675e6bd5e97c7dd2ff2292015bb162af87c5f412e1662c8f822929035ede30d3"


def test_unpacks_to_the_published_images_and_labels() -> None:
    digits = read_digits()
    sixteenths = torch.cat([digits.train.images, digits.test.images]) * 16
    assert torch.equal(sixteenths, sixteenths.round())
    pixels, labels = sixteenths.to(torch.uint8), torch.cat([digits.train.labels, digits.test.labels]).to(torch.uint8)
    assert (int(pixels.min()), int(pixels.max())) == (0, 16)
    assert [hashlib.sha256(tensor.numpy().tobytes()).hexdigest() for tensor in (pixels, labels)] == [
        "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3",
        "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
    ]
