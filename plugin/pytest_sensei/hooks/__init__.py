"""What happens at pytest's hooks, one module per concern."""
