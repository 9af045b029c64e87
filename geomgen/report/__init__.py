"""From the tables of finished runs to the tables and figures of the field; never touches a model or a checkpoint."""
