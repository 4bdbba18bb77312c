"""glassnet, as a user writes it, with compiled steps."""

from benchmarks.versus.contenders import glassnet


class Contender(glassnet.Contender):
    """`Sequential.fit(engine="compiled")`."""

    engine = "compiled"
