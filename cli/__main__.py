"""`python -m geodepth.cli` is the command `geodepth`."""

from .main import main

if __name__ == "__main__":
    main()
