"""Who runs the workers that train: this process, or several of this machine."""
