"""Events: payloads from a seed and a key alone, without I/O."""
