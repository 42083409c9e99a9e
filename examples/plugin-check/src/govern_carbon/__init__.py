"""A check kind for govern: the energy that training took, against a budget."""
