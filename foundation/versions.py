"""Versions of the libraries that a result depends on."""

import platform
from importlib.metadata import PackageNotFoundError, version


def versions_of(*packages: str) -> dict[str, str]:
    """Name the versions of Python and of the packages.

    Parameters
    ----------
    packages : str
        Names of distributions, as a package index has them.

    Returns
    -------
    dict of str to str
        "python" first, then the packages in their order; "not installed" where one is missing.
    """
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
