"""Every option of every experiment, with its default, limits and help: one frozen dataclass per experiment."""
