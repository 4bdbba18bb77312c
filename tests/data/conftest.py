import pytest


@pytest.fixture
def table(tmp_path):
    """Writes a text, or bytes, to a file and returns its path."""

    def write(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write
