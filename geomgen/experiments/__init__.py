"""One module a subcommand: load, compute, save. The only place where computing meets disk."""
