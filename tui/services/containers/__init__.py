"""Docker and Compose: one module per thing that is asked of them."""
