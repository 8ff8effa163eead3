"""Read by the JupyterLab that `cpmodel explore` starts, and by no other."""

from cpmodel.explorer.serving import keep_clean

get_config().ContentsManager.pre_save_hook = keep_clean  # noqa: F821  (Jupyter gives it)
