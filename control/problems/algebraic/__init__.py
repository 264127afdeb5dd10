"""Algebraic variables beside states: forces that hold a body on its track."""
