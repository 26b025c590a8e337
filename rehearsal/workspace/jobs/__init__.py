"""Jobs: definitions, runs, and the engine that runs tasks as processes of their principal."""
