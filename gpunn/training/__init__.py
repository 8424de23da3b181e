"""Training loops: they call the objective and the optimiser, keep the history and decide when to stop."""
