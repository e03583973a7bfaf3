"""What a person decides: at the terminal (decisions), or by mail (tokens, orders, hearing, obeying)."""
