"""Numbers of JSON for a network whose table was written with decimal commas."""

from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.serve.bodies import Body


def test_numbers_of_json_have_no_notation(tmp_path: Path) -> None:
    rows = [f"{n}.{n % 9}25,5;{'xy'[n % 2]}" for n in range(1, 40)]
    (tmp_path / "t.csv").write_text("\n".join(["price;t", *rows]))
    data = load(tmp_path / "t.csv")
    assert data.schema is not None
    assert data.schema.notations["price"] == (",", ".", "")
    net = gn.Sequential([gn.Dense(2)], input_shape=data.input_shape, seed=0)
    net.classes, net.schema = data.classes, data.schema
    read = [
        Body(net).json(f'[{{"price": {price}}}]'.encode()).x
        for price in ("1.125", '"1,125"', "1125", '"1.125"', "1.5e3", '"1.500"')
    ]
    for one, other in ((0, 1), (2, 3), (4, 5)):
        assert np.array_equal(read[one], read[other])
    with pytest.raises(gn.errors.DataError, match=r"a number such as 1\.234,5, got '8\.2'"):
        Body(net).json(b'[{"price": "8.2"}]')
