"""Training by first-order methods.

- checkpoint: the file that holds a state.
- configuration: TrainingConfig.
- optimizers: Adam, clipping, schedules, descent that never rises.
- reporting: metrics, TensorBoard, progress bar.
- result: TrainingResult.
- state: everything that a training needs to go on.
- train: `train` and its loop.
"""
