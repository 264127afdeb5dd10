"""What all errors of the user's making have in common."""


class InputError(ValueError):
    """Something that a user gave cannot be used.

    The message is one line: the argument, the value seen, what is expected, what to do. Every room has a class of its
    own: `ProblemError` in control, `NetworkError` in nets, `ValidationError` in validation.
    """
