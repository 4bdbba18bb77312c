"""Networks of a stack side by side: number i of every network stands in one vector, a lane for
each, so that one instruction serves them all.
"""
