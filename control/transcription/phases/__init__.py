"""Several phases as one nonlinear program.

linked_transcription.py  the phases' programs one after another, with the links between them
"""
