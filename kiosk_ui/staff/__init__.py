"""For staff: who may open their page (`door`), and the page itself (`pages`)."""
