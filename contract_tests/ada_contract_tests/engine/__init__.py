"""The engine: carries cases out against a target and judges what came back."""
