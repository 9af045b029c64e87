"""One module per subcommand: load, compute, save. The only place where computing meets disk."""
