"""An application from its beginning to its receipt, and back."""
