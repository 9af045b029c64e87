"""What is measured on a trained network: each measure takes tensors and returns rows."""
