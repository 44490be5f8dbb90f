"""Losses to taxonomy: tournament, AHP, affinity, edges, 0/1 program. numpy, scipy and pulp; never torch."""
