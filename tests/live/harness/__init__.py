"""What the live tests share: starting weir, a provider that sends exactly what a test says, and a plain client."""
