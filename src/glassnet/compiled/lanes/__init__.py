"""Networks of a stack side by side: a vector holds the same number of every network, one in each
lane, so that one instruction serves them all."""
