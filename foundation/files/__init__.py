"""Files: written whole or not at all, and read whatever has befallen them.

- atomic_files: files written whole or not at all.
- npz_files: .npz files.
"""
