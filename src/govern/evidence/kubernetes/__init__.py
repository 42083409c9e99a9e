"""Deployment manifests of Kubernetes: read as data, never applied, and no cluster is asked."""
