"""What is measured of one path: energies, ranks, phases, momenta."""
