"""Files: written whole or not at all, and read whatever has befallen them.

- atomic_files: files written whole or not at all.
- folder_lock: one run at a time in a folder.
- opened_files: opening what a user names, and the error of all readers.
- npz_files: arrays.
- safetensors_files: tensors.
- text_files: JSON and TOML.
"""
