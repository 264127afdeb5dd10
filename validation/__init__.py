"""The physics of a representation path, and the verdict on a network: has it found the optimal path?"""
