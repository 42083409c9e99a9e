"""Policy packs: where they lie, reading them, pinning them in `govern.lock`."""
