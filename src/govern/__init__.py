"""govern: policy-as-code compliance for machine-learning models."""
