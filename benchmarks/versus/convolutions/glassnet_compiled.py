"""glassnet, as a user writes it, with compiled steps."""

from benchmarks.versus.convolutions import glassnet


class Way(glassnet.Way):
    """`Sequential.fit(engine="compiled")`."""

    engine = "compiled"
