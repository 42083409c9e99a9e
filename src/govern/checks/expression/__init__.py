"""The check kind `expression`."""
