"""Notebooks as a reader meets them: in JupyterLab with the kit's settings, in a browser, with somebody there."""
